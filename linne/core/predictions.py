"""Predictions: what metrics, fusing, calibration and reports read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .errors import InputError

NEVER = -30.0
"""How far the score of a class that nobody learned lies below the others: a probability of about 1e-13."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Scores of n pictures for K classes.

    logits: (n, K) float64, uncalibrated; a row of NaN is a picture that could not be read and counts as wrong.
    labels: (n,) int64, -1 where unknown. rows: (n,) int64, row numbers in the Images they came from.
    classes: K names. names: (n,) what a person sees. group: (n,) str, "" is a group of one.
    temperature: logits are divided by it before the softmax.
    """

    logits: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    classes: tuple[str, ...]
    names: np.ndarray
    group: np.ndarray
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if self.logits.ndim != 2 or self.logits.shape[1] != len(self.classes):
            raise InputError(
                f"logits have shape {self.logits.shape}; expected (n, {len(self.classes)}), one column a class."
            )

    def __len__(self) -> int:
        return len(self.logits)

    @cached_property
    def read(self) -> np.ndarray:
        """(n,) bool: False where the picture could not be read."""
        return np.asarray(~np.isnan(self.logits).any(axis=1))

    @cached_property
    def labelled(self) -> np.ndarray:
        """(n,) bool: something is known by which the picture can judge."""
        return np.asarray(self.labels >= 0)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """(n, K) float64, rows sum to 1; NaN where the picture could not be read."""
        return softmax(self.logits / self.temperature)

    @cached_property
    def guesses(self) -> np.ndarray:
        """(n,) int64: the most probable class, -1 where the picture could not be read."""
        return np.where(self.read, np.nan_to_num(self.logits, nan=0.0).argmax(axis=1), -1)

    @cached_property
    def right(self) -> np.ndarray:
        """(n,) bool: the guess is the label."""
        return (self.guesses == self.labels) & (self.labels >= 0)

    def take(self, places: "np.ndarray | Sequence[int]") -> "Predictions":
        """These places (positions, not row numbers), in this order."""
        places = np.asarray(places)
        return replace(
            self, **{name: getattr(self, name)[places] for name in ("logits", "labels", "rows", "names", "group")}
        )

    def top(self, k: int = 1) -> list[list[tuple[str, float]]]:
        """For each picture its k most probable classes with their probabilities; [] where it could not be read."""
        k = min(k, len(self.classes))
        best = np.argsort(-np.nan_to_num(self.probabilities), axis=1, kind="stable")[:, :k]
        return [
            [(self.classes[c], float(self.probabilities[i, c])) for c in row] if self.read[i] else []
            for i, row in enumerate(best)
        ]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis in float64; NaN rows stay NaN."""
    shifted = np.asarray(logits, dtype=np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """log softmax over the last axis in float64."""
    shifted = np.asarray(logits, dtype=np.float64)
    shifted = shifted - shifted.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def placed(scores: np.ndarray, columns: np.ndarray, total: int) -> np.ndarray:
    """(n, total) float64: scores (n, k) in these columns (k,); the others lie NEVER below the row's least."""
    out = np.repeat(scores.min(axis=1, keepdims=True) + NEVER, total, axis=1)
    out[:, columns] = scores
    return out
