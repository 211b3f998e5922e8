"""mcc: Matthews correlation of guesses and labels for any number of classes (Gorodkin 2004, R_K)."""

import numpy as np

from linne.core.predictions import Predictions

from ._rows import counts, ratio

greater = True
interval = "bootstrap"
percent = False
bounds = (-1, 1)


def mcc(predictions: Predictions, weights: "np.ndarray | None" = None) -> "float | np.ndarray":
    """Figure in [-1, 1], 0 is chance, and 0 where all labels or all guesses are one class. Weights (..., n) give (...).

    An unreadable picture is a guess of a class of its own that is nobody's label.
    """
    hits, guessed, labels = counts(predictions, weights)
    n = labels.sum(axis=-1)
    unread = n - guessed.sum(axis=-1)
    joint = hits.sum(axis=-1) * n - (guessed * labels).sum(axis=-1)
    spread = (n**2 - (guessed**2).sum(axis=-1) - unread**2) * (n**2 - (labels**2).sum(axis=-1))
    return ratio(joint, np.sqrt(spread))
