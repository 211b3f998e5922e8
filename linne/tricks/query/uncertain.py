"""uncertain: ask for what the classifier is least sure of (Lewis and Gale 1994; margin: Scheffer et al. 2001)."""

import numpy as np

from linne.core.errors import OptionError, nearest
from linne.core.predictions import Predictions
from linne.core.several import Several

from ._rank import Ranked, greatest

MEASURES = ("margin", "entropy", "confidence")
several = True


def uncertain(predictions: Predictions, n: int, *, measure: str = "margin") -> Ranked:
    """The n rows of greatest doubt by calibrated probabilities p (m, K), each scored 0 (sure) to 1 (no idea).

    measure: margin, 1 - (best p - second p); entropy, -sum p log p / log K; or confidence, (1 - best p) K / (K - 1).
    Of several labels, each there or not: margin and confidence are 1 - |2p - 1| of the label in the greatest doubt,
    entropy the mean of the labels' own. Raises OptionError for another.
    """
    if measure not in MEASURES:
        raise OptionError(f"measure={measure!r} is not allowed. {nearest(measure, MEASURES)}")
    p = predictions.probabilities
    if isinstance(predictions, Several):
        each = np.stack([p, 1 - p])
        entropy = -(each * np.log2(np.maximum(each, 1e-300))).sum(0).mean(1)
        return greatest(entropy if measure == "entropy" else 1 - np.abs(2 * p - 1).min(1), n)
    classes = p.shape[1]
    if measure == "entropy":
        return greatest(-(p * np.log(np.maximum(p, 1e-300))).sum(1) / np.log(classes), n)
    if measure == "confidence":
        return greatest((1 - p.max(1)) * classes / (classes - 1), n)
    second, best = np.sort(p, axis=1)[:, -2:].T
    return greatest(1 - (best - second), n)
