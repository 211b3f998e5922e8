"""platt: a sigmoid of each class's log odds, then normalised (Platt 1999; for several classes Zadrozny and Elkan 2002,
doi:10.1145/775047.775151)."""

import numpy as np

from linne.core.predictions import NEVER, Predictions

from ._rows import chances, fitting, normalised


class _Platt:
    """slope, shift: (K,), of each class's log odds against the rest. Called on logits it gives probabilities."""

    def __init__(self, slope: np.ndarray, shift: np.ndarray) -> None:
        self.slope, self.shift = slope, shift

    def __call__(self, logits: np.ndarray, features: "np.ndarray | None" = None) -> np.ndarray:
        return normalised(_sigmoid(self.slope * _odds(np.asarray(logits)) + self.shift))


def platt(predictions: Predictions) -> _Platt:
    """A slope and a shift for each class, with the least log loss against Platt's targets; call it on logits.

    A hit's target is (h + 1) / (h + 2) and a miss's 1 / (m + 2), of h hits and m misses, so that no slope is infinite.
    Raises InputError where a class has no picture, or nothing but it has one.
    """
    logits, labels = fitting("platt", predictions, each=True)
    odds = _odds(logits)
    found = np.array([_fitted(odds[:, k], labels == k) for k in range(odds.shape[1])])
    return _Platt(found[:, 0], found[:, 1])


def _fitted(odds: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """(slope, shift) by Newton's method, its step halved until the loss falls (Lin et al. 2007)."""
    hits = hit.sum()
    target = np.where(hit, (hits + 1) / (hits + 2), 1 / (len(hit) - hits + 2))
    x = np.column_stack([odds, np.ones(len(odds))])
    place, loss = np.array([0.0, np.log((hits + 1) / (len(hit) - hits + 1))]), np.inf
    for _ in range(100):
        shown = _sigmoid(x @ place)
        loss, slope = _loss(x @ place, target), x.T @ (shown - target)
        bend = (x * (shown * (1 - shown))[:, None]).T @ x + 1e-12 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        while _loss(x @ (place - step), target) > loss and np.abs(step).max() > 1e-12:
            step = step / 2
        place = place - step
        if np.abs(step).max() < 1e-10:
            break
    return place


def _loss(odds: np.ndarray, target: np.ndarray) -> float:
    """Cross-entropy of sigmoid(odds) against targets in 0..1, summed."""
    return float((np.logaddexp(0, odds) - target * odds).sum())


def _sigmoid(odds: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.exp(-np.logaddexp(0, -odds))


def _odds(logits: np.ndarray) -> np.ndarray:
    """log p - log(1 - p) of each class, within what a probability of exp(NEVER) has."""
    ours, others = chances(logits)
    return np.clip(ours - others, NEVER, -NEVER)
