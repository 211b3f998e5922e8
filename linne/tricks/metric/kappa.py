"""kappa: agreement of guesses and labels beyond what their frequencies alone give (Cohen 1960)."""

import numpy as np

from linne.core.predictions import Predictions

from ._rows import counts, divide

greater = True
interval = "bootstrap"
percent = False
bounds = (-1, 1)


def kappa(predictions: Predictions, weights: "np.ndarray | None" = None) -> "float | np.ndarray":
    """Figure in [-1, 1], 0 is chance; NaN where chance alone agrees fully. Weights (..., n) give (...).

    An unreadable picture is a guess of no class: it agrees with nothing.
    """
    hits, guessed, labels = counts(predictions, weights)
    n = labels.sum(axis=-1)
    agreed, chance = hits.sum(axis=-1) / n, (guessed * labels).sum(axis=-1) / n**2
    return divide(agreed - chance, 1 - chance)
