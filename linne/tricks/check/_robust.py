"""Robust centre, spread and ranks: what findings about "far from the rest" stand on."""

import numpy as np


def centre(values: np.ndarray) -> tuple[float, float]:
    """(median, 1.4826 x median absolute deviation) of the finite values; (NaN, NaN) where there are none."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan, np.nan
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def steps(values: np.ndarray) -> np.ndarray:
    """(n,) int64: the values as whole numbers from 0 in their order, equal ones equal."""
    return np.unique(values, return_inverse=True)[1].reshape(-1)


def area(scores: np.ndarray, positive: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """(area under the ROC curve, its standard error) with pictures of one group correlated (Obuchowski 1997, eq. 3).

    The area is P(a positive score exceeds a negative one), ties half (Mann & Whitney 1947). scores: (n,) whole numbers
    from `steps`. positive: (n,) bool, both kinds present. groups: (n,) whole numbers.
    """
    size = int(scores.max()) + 1
    hit, miss = np.bincount(scores[positive], minlength=size), np.bincount(scores[~positive], minlength=size)
    beaten = (np.cumsum(miss) - miss / 2) / miss.sum()
    beating = 1 - (np.cumsum(hit) - hit / 2) / hit.sum()
    placed = np.where(positive, beaten[scores], beating[scores])
    value = float(placed[positive].mean())
    pull = (placed - value) / np.where(positive, hit.sum(), miss.sum())
    return value, float(np.sqrt((np.bincount(groups, pull) ** 2).sum()))
