"""brier: the mean squared distance between probabilities and the label, summed over classes (Brier 1950, eq. 2)."""

import numpy as np

from linne.core.predictions import Predictions

from ._rows import labelled, likelihoods, mean

greater = False
interval = "bootstrap"
percent = False
bounds = (0, 2)


def brier(predictions: Predictions, weights: "np.ndarray | None" = None, *, each: bool = False) -> "float | np.ndarray":
    """Figure in [0, 2], 0 is best; weights (..., n) give (...); `each` gives (n,) of the labelled pictures.

    Not halved for two classes. An unreadable picture has 1/K for each class, so it costs 1 - 1/K.
    """
    predictions, weights = labelled(predictions, weights)
    chances = likelihoods(predictions)
    own = np.take_along_axis(chances, predictions.labels[:, None], 1)[:, 0]
    squares = (chances**2).sum(axis=1) - 2 * own + 1
    return squares if each else mean(squares, weights)
