"""A linear map of logits before the softmax, as vector and matrix scaling fit it."""

import numpy as np

from linne.core.predictions import softmax


class Scaled:
    """weights (K, K + 1), the shift last. Called on logits (n, K) it gives probabilities (n, K)."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights

    def __call__(self, logits: np.ndarray, features: "np.ndarray | None" = None) -> np.ndarray:
        return softmax(np.asarray(logits) @ self.weights[:, :-1].T + self.weights[:, -1])
