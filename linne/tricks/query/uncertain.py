"""uncertain: ask for what the classifier is least sure of (Lewis and Gale 1994; margin: Scheffer et al. 2001)."""

import numpy as np

from linne.core.errors import OptionError, nearest
from linne.core.predictions import Predictions

from ._rank import Ranked, greatest

MEASURES = ("margin", "entropy", "confidence")


def uncertain(predictions: Predictions, n: int, *, measure: str = "margin") -> Ranked:
    """The n rows of greatest doubt by calibrated probabilities p (m, K), each scored 0 (sure) to 1 (no idea).

    measure: margin, 1 - (best p - second p); entropy, -sum p log p / log K; or confidence, (1 - best p) K / (K - 1).
    Raises OptionError for another.
    """
    p = predictions.probabilities
    classes = p.shape[1]
    if measure == "entropy":
        return greatest(-(p * np.log(np.maximum(p, 1e-300))).sum(1) / np.log(classes), n)
    if measure == "confidence":
        return greatest((1 - p.max(1)) * classes / (classes - 1), n)
    if measure == "margin":
        second, best = np.sort(p, axis=1)[:, -2:].T
        return greatest(1 - (best - second), n)
    raise OptionError(f"measure={measure!r} is not allowed. {nearest(measure, MEASURES)}")
