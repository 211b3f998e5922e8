"""greedy: weights by forward selection with replacement (Caruana et al. 2004, doi:10.1145/1015330.1015432)."""

from collections.abc import Sequence

import numpy as np

from linne.core.errors import OptionError
from linne.core.predictions import Predictions
from linne.core.rng import rng

from ._said import answered, known, pooled, said, shares

BY = ("log_loss", "accuracy")


class _Greedy:
    """The mean of probabilities by `weights` (M,), which sum to 1."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights

    def __call__(self, predictions: Sequence[Predictions]) -> Predictions:
        logs = said(predictions)
        return answered(predictions[0], pooled(logs, shares("greedy", self.weights.tolist(), len(logs))))


def greedy(
    predictions: Sequence[Predictions], *, by: str = "log_loss", rounds: int = 50, start: int = 1, bags: int = 0,
    seed: int = 0,
) -> _Greedy:  # fmt: skip
    """Fit the weights; call the result on the same members' Predictions of other pictures.

    predictions: of pictures that no member learned, out of fold or of validation. by: "log_loss", or "accuracy"
    (then log loss decides between equals). rounds: members added, one at a time, each the one that helps most; the
    best ensemble on the way is kept. start: it begins with the mean of so many that are best alone (sorted
    initialisation). bags: 0, or over how many random halves of the members it is done and averaged; seed: of those.
    Raises OptionError for others, InputError where no labelled picture is left.
    """
    for name, value, least in (("rounds", rounds, 1), ("start", start, 1), ("bags", bags, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise OptionError(f"greedy: {name} is a whole number from {least}, got {value!r}.")
    if by not in BY:
        raise OptionError(f"greedy: by={by!r} is not there. Allowed: {', '.join(BY)}.")
    if start > len(predictions):
        raise OptionError(f"greedy: start={start} of {len(predictions)} members. Give at most {len(predictions)}.")
    logs, labels, _ = known(predictions)
    shown = np.exp(logs)
    members = np.arange(len(shown))
    if not bags:
        return _Greedy(_selected(shown, labels, by, rounds, start))
    weights = np.zeros(len(shown))
    for bag in range(bags):
        draw = rng(seed, "greedy", bag)
        some = np.sort(draw.permutation(members)[: max(1, len(members) // 2)])
        weights[some] += _selected(shown[some], labels, by, rounds, min(start, len(some))) / bags
    return _Greedy(weights)


def _selected(shown: np.ndarray, labels: np.ndarray, by: str, rounds: int, start: int) -> np.ndarray:
    """(M,) shares of the best ensemble on the way, of probabilities shown (M, n, K)."""
    alone = [_worth(one, labels, by) for one in shown]
    first = sorted(range(len(shown)), key=lambda member: alone[member], reverse=True)[:start]
    counts = np.bincount(first, minlength=len(shown)).astype(float)
    total, best, kept = shown[first].sum(axis=0), (-np.inf, -np.inf), counts
    for _ in range(rounds + 1):
        worth = _worth(total / counts.sum(), labels, by)
        if worth > best:
            best, kept = worth, counts.copy()
        found = [_worth((total + one) / (counts.sum() + 1), labels, by) for one in shown]
        chosen = max(range(len(shown)), key=lambda member: found[member])
        counts[chosen] += 1
        total = total + shown[chosen]
    return kept / kept.sum()


def _worth(shown: np.ndarray, labels: np.ndarray, by: str) -> tuple[float, float]:
    """Greater is better: what decides first, then log loss."""
    own = shown[np.arange(len(labels)), labels]
    loss = -float(np.log(np.maximum(own, 1e-300)).mean())
    return (-loss if by == "log_loss" else float((shown.argmax(axis=1) == labels).mean())), -loss
