"""Learners whose scores are linear in the features: a weight and a bias a class, as a network's own head has them."""

import numpy as np

from linne.core.predictions import NEVER

from ._fitted import Fitted


class Linear(Fitted):
    """`arrays()` is weight (K, d) and bias (K,), on features as they are."""

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64: features (m, d) times weight plus bias."""
        return features.astype(np.float64) @ self.kept["weight"].T + self.kept["bias"]


def scaled(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(centre (d,), scale (d,)): columns divided by the root of their deviation, rows of mean squared length 1."""
    centre, spread = features.mean(0, dtype=np.float64), features.std(0, dtype=np.float64)
    scale = np.where(spread > 0, np.where(spread > 0, spread, 1) ** -0.5, 0)
    return centre, scale / max(np.sqrt(((spread * scale) ** 2).sum()), 1e-30)


def rows_of(weight: np.ndarray, bias: np.ndarray, present: np.ndarray, total: int) -> dict[str, np.ndarray]:
    """weight (k, d) and bias (k,) of the classes that were present, over all; one row for two classes is halved.

    A class that was not present has no weights and a bias of NEVER.
    """
    if len(weight) == 1:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    every = np.zeros((total, weight.shape[1]))
    level = np.full(total, NEVER)
    every[present], level[present] = weight, bias
    return {"weight": every, "bias": level}
