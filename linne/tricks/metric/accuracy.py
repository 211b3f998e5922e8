"""accuracy: the share of labelled pictures whose most probable class is their label."""

import numpy as np

from linne.core.predictions import Predictions

from ._rows import labelled, mean

greater = True
interval = "wilson"


def accuracy(
    predictions: Predictions, weights: "np.ndarray | None" = None, *, each: bool = False
) -> "float | np.ndarray":
    """Share in [0, 1]; weights (..., n) give (...); `each` gives one bool a labelled picture. Unreadable is wrong."""
    predictions, weights = labelled(predictions, weights)
    return predictions.right if each else mean(predictions.right.astype(float), weights)
