"""Several predictions of the same pictures, for fusers."""

import numpy as np

from linne.core.predictions import Predictions, softmax
from linne.core.rng import rng


def predictions(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0, group: object = "") -> Predictions:
    """Of n pictures without names."""
    n, k = logits.shape
    names = np.full(n, "", dtype=object)
    groups = np.full(n, group, dtype=object) if isinstance(group, str) else np.asarray(group, dtype=object)
    return Predictions(logits, np.asarray(labels), np.arange(n), tuple(map(str, range(k))), names, groups, temperature)


def members(n: int = 400, k: int = 3, noise: tuple[float, ...] = (0.5, 1.0, 3.0), seed: int = 0) -> list[Predictions]:
    """Members that see the truth through noise of their own; labels are drawn from the truth."""
    draw = rng(seed, "members")
    truth = draw.normal(size=(n, k)) * 2
    labels = (softmax(truth).cumsum(1) < draw.random((n, 1))).sum(1)
    return [predictions(truth + draw.normal(size=(n, k)) * each, labels) for each in noise]
