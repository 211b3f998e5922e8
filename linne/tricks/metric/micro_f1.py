"""micro_f1: F1 of all classes' counts together; equals accuracy where every picture could be read."""

import numpy as np

from linne.core.predictions import Predictions

from ._average import averaged
from ._rows import counts

greater = True
interval = "bootstrap"


def micro_f1(predictions: Predictions, weights: "np.ndarray | None" = None) -> "float | np.ndarray":
    """Figure in [0, 1]; weights (..., n) give (...). An unreadable picture is missed, and nobody's false alarm."""
    hits, guessed, labels = counts(predictions, weights)
    return averaged(2 * hits, guessed + labels, guessed + labels > 0, "micro")
