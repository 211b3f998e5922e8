"""confusion: how many pictures of each class were guessed to be each class."""

import numpy as np

from linne.core.predictions import Predictions

from ._rows import labelled, total

greater = True
interval = "none"


def confusion(predictions: Predictions, weights: "np.ndarray | None" = None) -> np.ndarray:
    """(K, K) counts, a row a label, a column a guess; weights (..., n) give (..., K, K).

    Unreadable pictures have no guess and stand in no column, so a row may sum to less than its class has pictures.
    """
    predictions, weights = labelled(predictions, weights)
    classes = len(predictions.classes)
    cells = np.where(predictions.read, predictions.labels * classes + predictions.guesses, classes**2)
    return total(weights, cells, classes**2 + 1)[..., :-1].reshape(*weights.shape[:-1], classes, classes)
