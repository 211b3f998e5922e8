"""recall: the share of a class's pictures that are found."""

import numpy as np

from linne.core.predictions import Predictions

from ._average import averaged
from ._rows import counts

greater = True
interval = "bootstrap"


def recall(
    predictions: Predictions, weights: "np.ndarray | None" = None, *, average: "str | None" = "macro"
) -> "float | np.ndarray":
    """By `average`, a figure in [0, 1]: the mean over the classes that occur ("macro"), over pictures ("micro"), or
    (K,) ("none").

    As in scikit-learn a class occurs when it is a label or a guess, and 0 / 0 is 0; with "none" a class that does not
    occur is NaN. Weights (..., n) give (...) or (..., K). An unreadable picture is a missed one.
    """
    hits, guessed, labels = counts(predictions, weights)
    return averaged(hits, labels, guessed + labels > 0, average)
