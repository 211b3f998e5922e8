"""Nonconformity scores: how little each class goes with a picture, from probabilities (n, K); a set is what scores low.

draws: (n,) in [0, 1), one a picture, which smooth the steps of the cumulative scores so that coverage is exact.
"""

from collections.abc import Callable

import numpy as np

from linne.core.predictions import Predictions

from ._rows import calibrating, likely

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


def probable(probabilities: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(n, K): 1 less the class's probability (Sadinle, Lei and Wasserman 2019, arXiv:1609.00451)."""
    return 1 - probabilities


def cumulative(probabilities: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(n, K): the probability of all likelier classes and a drawn share of its own (Romano et al. 2020, eq. 7)."""
    ranks = ranked(probabilities)
    order = np.argsort(ranks, axis=1)
    falling = np.take_along_axis(probabilities, order, 1)
    before = np.cumsum(falling, axis=1) - falling
    return np.take_along_axis(before + draws[:, None] * falling, ranks, 1)


def regular(penalty: float, free: int) -> Score:
    """The same, plus `penalty` for each rank after the first `free` (Angelopoulos et al. 2021, arXiv:2009.14193)."""

    def score(probabilities: np.ndarray, draws: np.ndarray) -> np.ndarray:
        beyond = np.maximum(ranked(probabilities) + 1 - free, 0)
        return cumulative(probabilities, draws) + penalty * beyond

    return score


def ranked(probabilities: np.ndarray) -> np.ndarray:
    """(n, K) int64 each class's place by probability, 0 the likeliest; of equal ones the first."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable")


class Sets:
    """Sets of classes. threshold: (K,), what each class may score at most; groups: that it was calibrated on.

    Called on logits (m, K) it gives (m, K) bool. draws: (m,) in [0, 1), a half each when not given. A set is empty
    where no class scores low enough, and where logits are not finite; unless `empty`, the likeliest is always in it.
    """

    def __init__(self, score: Score, threshold: np.ndarray, groups: int, temperature: float, empty: bool) -> None:
        self.score, self.threshold, self.groups, self.temperature = score, threshold, groups, temperature
        self.empty = empty

    def __call__(
        self, logits: np.ndarray, features: "np.ndarray | None" = None, draws: "np.ndarray | None" = None
    ) -> np.ndarray:
        probabilities, read = likely(logits, self.temperature)
        draws = np.full(len(logits), 0.5) if draws is None else draws
        found = self.admitted(self.score(probabilities, draws), draws)
        if not self.empty:
            found[np.arange(len(found)), probabilities.argmax(1)] = True
        return found & read[:, None]

    def admitted(self, scores: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """(m, K) bool: who scores low enough."""
        return scores <= self.threshold


def scored(
    name: str, score: Score, predictions: Predictions, draws: "np.ndarray | None"
) -> tuple[np.ndarray, Predictions]:
    """((n,) what each calibration picture's own class scores, these pictures). draws: of all given ones."""
    known = calibrating(name, predictions)
    mine = predictions.read & (predictions.labels >= 0)
    drawn = np.full(len(known), 0.5) if draws is None else np.asarray(draws)[mine]
    return score(known.probabilities, drawn)[np.arange(len(known)), known.labels], known
