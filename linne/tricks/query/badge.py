"""badge: ask for doubtful and different ones, k-means++ over gradient embeddings (Ash et al. 2020, arXiv:1906.03671).

A row's embedding is the gradient of the head's weights if its own guess were right: (p - e) x', K times d numbers, with
p the probabilities, e the guess as 0 and 1, x the features. It is never formed: two of them have the scalar product
(a . b)(x . y), a = p - e, and so every distance that k-means++ needs takes K + d products.
"""

import numpy as np

from linne.core.predictions import Predictions

from ._rank import Ranked, spread


def badge(predictions: Predictions, features: np.ndarray, rng: np.random.Generator, n: int) -> Ranked:
    """n rows: the one of longest embedding, then by chance in proportion to the squared distance to those taken.

    features: (m, d), as the head sees them. A score is the distance at which the row was taken.
    """
    slope = predictions.probabilities.copy()
    slope[np.arange(len(slope)), predictions.guesses] -= 1
    length = (slope**2).sum(1) * (features.astype(np.float64) ** 2).sum(1)

    def apart(row: int) -> np.ndarray:
        product = (slope @ slope[row]) * (features @ features[row]).astype(np.float64)
        return np.where(np.arange(len(length)) == row, 0, length + length[row] - 2 * product)

    first = int(length.argmax()) if len(length) else 0

    def take(away: np.ndarray) -> int:
        if np.isinf(away).any():  # nothing was taken
            return first
        weight = np.maximum(away, 0)
        return int(rng.choice(len(away), p=weight / weight.sum())) if weight.any() else int(away.argmax())

    rows, scores = spread(np.full(len(length), np.inf), n, apart, take)
    scores[:1] = length[rows[:1]] ** 0.5
    return rows, scores
