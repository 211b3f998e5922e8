"""balanced_accuracy: the mean recall of the classes that have pictures (Brodersen et al. 2010)."""

import numpy as np

from linne.core.predictions import Predictions

from ._rows import average, counts, ratio

greater = True
interval = "bootstrap"


def balanced_accuracy(predictions: Predictions, weights: "np.ndarray | None" = None) -> "float | np.ndarray":
    """Figure in [0, 1]; weights (..., n) give (...). Classes without pictures are left out; unreadable is missed."""
    hits, _, labels = counts(predictions, weights)
    return average(ratio(hits, labels), labels > 0)
