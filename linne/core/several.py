"""Several: what is said of pictures that may have several labels, each by itself; metrics read it as Predictions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .errors import InputError
from .predictions import Predictions


@dataclass(frozen=True, eq=False)
class Several(Predictions):
    """Scores of n pictures for K labels, of which each may be there or not.

    logits: (n, K), calibrated: the sigmoid of each is the probability that the picture has the label. targets: (n, K)
    int8 of 1, 0 and -1 (not known, which counts nowhere). thresholds: (K,) probabilities from which on a label is said,
    infinite for one that is never said; (n, K) where pictures were judged by different heads. labels are -1 throughout.
    """

    targets: np.ndarray = None  # type: ignore[assignment]
    thresholds: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__post_init__()
        shapes = self.logits.shape, self.logits.shape[1:]
        if np.shape(self.targets) != self.logits.shape or np.shape(self.thresholds) not in shapes:
            raise InputError(
                f"{self.logits.shape} logits need targets of that shape and a threshold a label, got "
                f"{np.shape(self.targets)} and {np.shape(self.thresholds)}."
            )

    @cached_property
    def probabilities(self) -> np.ndarray:
        """(n, K) float64, each label by itself; NaN where the picture could not be read."""
        return sigmoid(self.logits / self.temperature)

    @cached_property
    def guesses(self) -> np.ndarray:
        """(n, K) bool: the label is said; none of a picture that could not be read."""
        return self.read[:, None] & (np.nan_to_num(self.probabilities) >= self.thresholds)

    @cached_property
    def known(self) -> np.ndarray:
        """(n, K) bool: whether the picture has the label is known."""
        return np.asarray(self.targets >= 0)

    @cached_property
    def labelled(self) -> np.ndarray:
        """(n,) bool: of some label it is known whether the picture has it."""
        return np.asarray(self.known.any(1))

    @cached_property
    def right(self) -> np.ndarray:
        """(n,) bool: every label that is known is said or left out rightly, and the picture could be read."""
        return self.read & ((self.guesses == (self.targets == 1)) | ~self.known).all(1) & self.known.any(1)

    def take(self, places: "np.ndarray | Sequence[int]") -> "Several":
        """These places (positions, not row numbers), in this order."""
        places = np.asarray(places)
        held = ("logits", "labels", "rows", "names", "group", "targets")
        limits = self.thresholds if self.thresholds.ndim == 1 else self.thresholds[places]
        return replace(self, **{name: getattr(self, name)[places] for name in held}, thresholds=limits)

    def said(self) -> list[list[tuple[str, float]]]:
        """For each picture the labels that are said with their probabilities, the most probable first."""
        out = []
        for chances, said in zip(self.probabilities, self.guesses, strict=True):
            order = [k for k in np.argsort(-np.nan_to_num(chances), kind="stable") if said[k]]
            out.append([(self.classes[k], float(chances[k])) for k in order])
        return out


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) in float64 without overflow; NaN stays NaN."""
    x = np.asarray(logits, dtype=np.float64)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)
