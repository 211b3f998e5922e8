"""What a learner comes to: named arrays, and scores from them by numpy alone, so that a run keeps it without pickle."""

import abc
from collections.abc import Iterator
from typing import Any

import numpy as np

from linne.core.errors import InputError, OptionError
from linne.core.kept import Kept
from linne.core.predictions import NEVER, log_softmax, placed

CELLS = 4_000_000
"""At most so many numbers are held at once while scores are computed."""


class Fitted(Kept, abc.ABC):
    """A fitted learner: features (m, d) to scores (m, K)."""

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64 scores of features (m, d); NaN where a row's features are not finite."""
        features = np.asarray(features)
        read = np.isfinite(features).all(axis=1)
        found = self.scores(features[read])
        out = np.full((len(features), found.shape[1]), np.nan)
        out[read] = found
        return out

    @abc.abstractmethod
    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) of finite features (m, d)."""

    def spread(self, scores: np.ndarray) -> np.ndarray:
        """Logarithms of probabilities (m, k) of the classes that were present, over all K classes."""
        return placed(log_softmax(scores), self.kept["present"], int(self.kept["total"][0]))


def known(name: str, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """(the classes (k,) that targets (n,) name, the place (n,) of each target among them, both counts as kept arrays).

    Raises InputError for targets of a single class.
    """
    present, places = np.unique(np.asarray(targets), return_inverse=True)
    if len(present) < 2:
        raise InputError(f"{name} needs targets of at least two classes.")
    return present, places, {"present": present.astype(np.int64), "total": np.array([present[-1] + 1], np.int64)}


def whole(name: str, **given: Any) -> None:
    """Raise OptionError unless each option is a whole number of 1 or more."""
    for option, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise OptionError(f"{name}: {option}={value!r} must be a positive whole number.")


def positive(name: str, **given: Any) -> None:
    """Raise OptionError unless each option is a finite number above 0."""
    for option, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < np.inf:
            raise OptionError(f"{name}: {option}={value!r} must be a positive number.")


def not_negative(name: str, **given: Any) -> None:
    """Raise OptionError unless each option is a finite number of 0 or more."""
    for option, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < np.inf:
            raise OptionError(f"{name}: {option}={value!r} must be a number, 0 or more.")


def logs(share: np.ndarray, voters: float, smooth: float) -> np.ndarray:
    """Logarithms of shares (m, k) of `voters` votes after `smooth` more, spread evenly; none is below NEVER."""
    share = (voters * share + smooth / share.shape[1]) / (voters + smooth)
    return np.log(np.maximum(share, np.exp(NEVER)))


def parts(rows: int, each: int) -> Iterator[slice]:
    """Slices of so many rows that `each` cells a row stay below CELLS."""
    step = max(1, CELLS // max(each, 1))
    return (slice(start, start + step) for start in range(0, rows, step))
