"""What calibrators have in common: the labelled, readable rows that they are fitted on."""

import numpy as np

from linne.core.errors import InputError
from linne.core.predictions import Predictions, log_softmax


def fitting(trick: str, predictions: Predictions, each: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(logits (n, K), labels (n,)) of the labelled pictures that could be read.

    Raises InputError where there are none, or, with `each`, where a class has no picture or no picture beside it.
    """
    places = np.flatnonzero(predictions.read & (predictions.labels >= 0))
    if not len(places):
        raise InputError(f"{trick} needs pictures with labels that took no part in training; there are none.")
    labels = predictions.labels[places]
    counts = np.bincount(labels, minlength=len(predictions.classes))
    lacking = [k for k in range(len(counts)) if counts[k] in (0, len(places))] if each else []
    if lacking:
        raise InputError(
            f"{trick} learns each class against the rest, and {predictions.classes[lacking[0]]!r} has "
            f"{counts[lacking[0]]} of these {len(places)} pictures. Calibrate with temperature or vector instead."
        )
    return predictions.logits[places], labels


def chances(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of logits (n, K): log p, and log(1 - p) to full precision however near 1 p is; both (n, K)."""
    logs = log_softmax(logits)
    others = np.empty_like(logs)
    for k in range(logs.shape[1]):
        rest = np.delete(logs, k, axis=1)
        top = rest.max(axis=1)
        others[:, k] = top + np.log(np.exp(rest - top[:, None]).sum(axis=1))
    return logs, others


def normalised(chances: np.ndarray) -> np.ndarray:
    """(n, K) divided by their sum; all the same where that is 0."""
    total = chances.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total == 0, 1 / chances.shape[1], chances / total)
