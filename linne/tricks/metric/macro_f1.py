"""macro_f1: the mean F1 of the classes that occur as a label or a guess (mean of F1, Opitz & Burst 2019)."""

import numpy as np

from linne.core.predictions import Predictions

from ._average import averaged
from ._rows import counts

greater = True
interval = "bootstrap"


def macro_f1(predictions: Predictions, weights: "np.ndarray | None" = None) -> "float | np.ndarray":
    """Figure in [0, 1]; weights (..., n) give (...). An unreadable picture is a missed one."""
    hits, guessed, labels = counts(predictions, weights)
    return averaged(2 * hits, guessed + labels, guessed + labels > 0, "macro")
