"""What set tricks have in common: the rows they calibrate on, and what they refuse."""

import numpy as np

from linne.core.conformal import least
from linne.core.errors import InputError, OptionError
from linne.core.intervals import clusters
from linne.core.predictions import Predictions, softmax


def likely(logits: np.ndarray, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """((m, K) probabilities of logits, (m,) bool: which rows are finite); the others are as if nothing was known."""
    logits = np.asarray(logits, np.float64)
    read = np.asarray(np.isfinite(logits).all(axis=1))
    return softmax(np.where(read[:, None], logits, 0) / temperature), read


def calibrating(name: str, predictions: Predictions) -> Predictions:
    """The labelled pictures that could be read. Raises InputError where there are none."""
    found = predictions.take(np.flatnonzero(predictions.read & (predictions.labels >= 0)))
    if not len(found):
        raise InputError(f"{name} needs labelled pictures that taught nothing to calibrate on; there are none.")
    return found


def share(name: str, option: str, value: float) -> float:
    """The value. Raises OptionError unless it is a number between 0 and 1, both left out."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
        raise OptionError(f"{name}: {option}={value!r} is not allowed; it lies between 0 and 1, e.g. 0.95.")
    return float(value)


def count(group: np.ndarray) -> int:
    """How many groups these pictures are in, "" a group of one."""
    return int(clusters(group, len(group)).max(initial=-1)) + 1


def enough(name: str, coverage: float, groups: int, what: str = "labelled pictures that taught nothing") -> None:
    """Raise InputError where so many groups cannot carry this coverage, with how many can."""
    if groups >= least(coverage):
        return
    able = next(
        (f" {groups} carry {step:g} at most." for step in (0.99, 0.95, 0.9, 0.8, 0.5) if groups >= least(step)), ""
    )
    raise InputError(
        f"{name}: a coverage of {coverage:g} needs at least {least(coverage)} groups of {what}, and there are {groups}."
        f"{able} Twins count as one group. Add pictures, or ask for less."
    )
