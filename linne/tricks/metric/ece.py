"""ece: expected calibration error, the mean gap between confidence and accuracy over bins of equal mass
(Naeini et al. 2015; equal mass and debiasing: Kumar et al. 2019, arXiv:1909.10155)."""

import math

import numpy as np

from linne.core.errors import OptionError
from linne.core.predictions import Predictions

from ._rows import labelled, likelihoods, ratio, total

greater = False
interval = "bootstrap"


def ece(
    predictions: Predictions, weights: "np.ndarray | None" = None, *, bins: int = 15, debiased: bool = False
) -> "float | np.ndarray":
    """Figure in [0, 1], 0 is best; weights (..., n) give (...), with the bins that the unweighted pictures give.

    Noise alone makes the gaps of small bins large; `debiased` subtracts what a normal error of the bin's accuracy adds
    (Kumar et al. 2019, their normal_debiased_ce in closed form: twice |gap| minus the mean of the folded normal), and
    stops at 0. An unreadable picture is a wrong one of confidence 1/K. Raises OptionError for bins < 1.
    """
    if bins < 1:
        raise OptionError(f"ece(bins={bins}): at least 1.")
    predictions, weights = labelled(predictions, weights)
    sure = likelihoods(predictions).max(axis=1)
    place = equal_mass(sure, bins)
    held = total(weights, place, bins)
    right = total(weights * predictions.right, place, bins)
    confidence = ratio(total(weights * sure, place, bins), held)
    hit = ratio(right, held)
    gap = np.abs(hit - confidence)
    if debiased:
        gap = 2 * gap - folded(gap, np.sqrt(ratio(hit * (1 - hit), held)))
    return np.maximum(ratio((held * gap).sum(axis=-1), held.sum(axis=-1)), 0.0)


def equal_mass(sure: np.ndarray, bins: int) -> np.ndarray:
    """(n,) int: the bin of each confidence, as equal in size as equal confidences allow; equal ones share a bin."""
    ranked = np.sort(sure)
    return np.searchsorted(ranked, sure, side="left") * bins // len(sure)


def folded(centre: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The mean of |N(centre, spread^2)|, elementwise; |centre| where spread is 0."""
    from scipy.special import erf

    safe = np.where(spread > 0, spread, 1)
    ratio = centre / safe
    mean = safe * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) + centre * erf(ratio / math.sqrt(2))
    return np.where(spread > 0, mean, np.abs(centre))
