"""Predictions for calibrators: logits with labels that are drawn from a known map of them."""

from collections.abc import Callable

import numpy as np

from linne.core.predictions import Predictions, softmax
from linne.core.rng import rng


def predictions(logits: np.ndarray, labels: np.ndarray) -> Predictions:
    """Of n pictures without names or groups."""
    n, k = logits.shape
    names = np.full(n, "", dtype=object)
    return Predictions(logits, np.asarray(labels), np.arange(n), tuple(map(str, range(k))), names, names)


def drawn(n: int, k: int, true: Callable[[np.ndarray], np.ndarray], seed: int = 0) -> Predictions:
    """Normal logits; labels drawn from softmax(true(logits))."""
    draw = rng(seed, "drawn")
    logits = draw.normal(size=(n, k)) * 1.5
    labels = (softmax(true(logits)).cumsum(1) < draw.random((n, 1))).sum(1)
    return predictions(logits, labels)
