"""What a score of strangeness comes to: named arrays, and numbers from them by numpy alone, so that a run keeps it
without pickle and predicts without torch."""

import abc
from typing import Any

import numpy as np

from linne.core.errors import InputError, OptionError
from linne.core.kept import Kept
from linne.core.predictions import Predictions, softmax


class Score(Kept, abc.ABC):
    """A fitted score: logits (m, K) and features (m, d) to (m,) float64, higher is stranger; NaN of unread rows."""

    def __call__(self, logits: np.ndarray, features: "np.ndarray | None" = None) -> np.ndarray:
        logits = np.asarray(logits, np.float64)
        read = np.isfinite(logits).all(axis=1)
        if features is not None:
            read &= np.isfinite(features).all(axis=1)
        out = np.full(len(logits), np.nan)
        out[read] = self.scores(logits[read], None if features is None else np.asarray(features)[read])
        return out

    @abc.abstractmethod
    def scores(self, logits: np.ndarray, features: Any) -> np.ndarray:
        """(m,) of finite rows."""

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors (m, K) and (m, d) in float64, (m,), for an exported graph: of finite rows.

        Raises OptionError for a score that has no such form.
        """
        raise OptionError(f"unknown {type(self).__name__!r} has no form that an exported graph can hold.")

    def number(self, name: str) -> float:
        """A kept array of one number."""
        return float(self.kept[name].ravel()[0])


class OfLogits(Score):
    """A score of probabilities: logits are divided by the predictions' temperature first."""

    def shares(self, logits: np.ndarray) -> np.ndarray:
        """(m, K) probabilities."""
        return softmax(logits / self.number("temperature"))


def tensor(array: np.ndarray) -> Any:
    """A kept array as torch has it. Imports torch."""
    import torch

    return torch.from_numpy(np.array(array))


def one(value: float) -> np.ndarray:
    """A number as an array that is kept."""
    return np.array([float(value)])


def fitting(name: str, predictions: Predictions, features: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(features (n, d) float64, labels (n,), logits (n, K)) of the labelled rows that are finite.

    Raises InputError for other numbers of rows, or fewer than two that can be used.
    """
    if len(predictions) != len(features):
        raise InputError(f"{name}: {len(predictions)} predictions but {len(features)} rows of features.")
    known = predictions.read & (predictions.labels >= 0) & np.isfinite(features).all(axis=1)
    if known.sum() < 2:
        raise InputError(f"{name} learns from labelled pictures' features, and {int(known.sum())} can be used.")
    return np.asarray(features)[known].astype(np.float64), predictions.labels[known], predictions.logits[known]


def whole(name: str, least: int, **given: Any) -> None:
    """Raise OptionError unless each option is a whole number of `least` or more."""
    for option, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise OptionError(f"{name}: {option}={value!r} must be a whole number, {least} or more.")


def positive(name: str, **given: Any) -> None:
    """Raise OptionError unless each option is a finite number above 0."""
    for option, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < np.inf:
            raise OptionError(f"{name}: {option}={value!r} must be a positive number.")
