"""stack: softmax regression on the members' log probabilities (Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1; Ting
and Witten 1999, arXiv:1105.5466)."""

from collections.abc import Sequence

import numpy as np

from linne.core.deal import deal
from linne.core.errors import InputError, OptionError
from linne.core.multinomial import multinomial
from linne.core.predictions import NEVER, Predictions, log_softmax
from linne.core.rng import rng

from ._said import answered, known, said

STRENGTHS = (10.0, 1.0, 0.1, 0.01, 0.001)
FOLDS = 5


class _Stack:
    """softmax(weights (K, M K + 1) of the members' log probabilities side by side and 1). strength: the penalty."""

    def __init__(self, weights: np.ndarray, strength: float) -> None:
        self.weights, self.strength = weights, strength

    def __call__(self, predictions: Sequence[Predictions]) -> Predictions:
        x = _beside(said(predictions))
        if x.shape[1] + 1 != self.weights.shape[1]:
            raise InputError(f"stack was fitted with {(self.weights.shape[1] - 1) // len(self.weights)} members, "
                             f"and {len(predictions)} came.")  # fmt: skip
        return answered(predictions[0], x @ self.weights[:, :-1].T + self.weights[:, -1])


def stack(
    predictions: Sequence[Predictions], *, strength: float = -1.0, positive: bool = False, seed: int = 0
) -> _Stack:
    """Fit the regression; call the result on the same members' Predictions of other pictures.

    predictions: of pictures that no member learned, out of fold or of validation. strength: of the pull towards the
    geometric mean of the members, times the mean square of the difference; 0 for none, -1 for the best of five by a
    cross-validation over whole groups; seed: of its folds. positive: no weight below 0 (the bias is free), as Breiman
    1996 (doi:10.1007/BF00117832) found best. Raises OptionError for others, InputError where no labelled picture is
    left.
    """
    if not (strength == -1 or 0 <= strength < np.inf):
        raise OptionError(f"stack: strength is a number from 0, or -1 for the best of {STRENGTHS}, got {strength!r}.")
    logs, labels, places = known(predictions)
    x, members = _beside(logs), len(logs)
    if strength == -1:
        fold = deal(labels, predictions[0].group[places], [1] * FOLDS, rng(seed, "stack"))
        lost = [_lost(x, labels, members, one, positive, fold) for one in STRENGTHS]
        strength = STRENGTHS[int(np.argmin(lost))]
    return _Stack(_fitted(x, labels, members, strength, positive), strength)


def _lost(x: np.ndarray, labels: np.ndarray, members: int, strength: float, positive: bool, fold: np.ndarray) -> float:
    """The summed log loss of each picture by a regression that never saw its fold."""
    total = 0.0
    for number in np.unique(fold):
        own = np.flatnonzero(fold == number)
        learns = np.flatnonzero(fold != number) if (fold != number).any() else own
        weights = _fitted(x[learns], labels[learns], members, strength, positive)
        found = log_softmax(x[own] @ weights[:, :-1].T + weights[:, -1])
        total -= float(found[np.arange(len(own)), labels[own]].sum())
    return total


def _fitted(x: np.ndarray, labels: np.ndarray, members: int, strength: float, positive: bool) -> np.ndarray:
    classes = x.shape[1] // members
    start = np.hstack([*[np.eye(classes) / members] * members, np.zeros((classes, 1))])
    pull = np.full(start.shape, strength / start.size)
    low = np.zeros_like(start)
    low[:, -1] = -np.inf
    return multinomial(x, labels, start, pull, low if positive else None)


def _beside(logs: np.ndarray) -> np.ndarray:
    """(n, M K) of log probabilities (M, n, K), none below NEVER: one certain member would decide alone."""
    return np.maximum(logs, NEVER).transpose(1, 0, 2).reshape(logs.shape[1], -1)
