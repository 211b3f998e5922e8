"""Which pictures a check may learn from: never those that are there to judge the final model."""

import numpy as np

from linne.core.facts import Facts
from linne.core.images import Images
from linne.core.predictions import Predictions


def learnable(images: Images, facts: Facts, predictions: Predictions | None = None) -> np.ndarray:
    """(m,) int64 rows, ascending: labelled and readable, those of the out-of-fold predictions where there are any, else
    of the training split, else all that are in no other split."""
    held = (images.labels >= 0) & facts.readable
    if predictions is not None:
        return np.sort(predictions.rows[held[predictions.rows]])
    part = "train" if (images.split == "train").any() else ""
    return np.flatnonzero(held & (images.split == part))


def some(rows: np.ndarray, groups: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """(m,) of these rows, ascending, whole groups drawn at random up to about `most` rows.

    groups: (rows,) whole numbers from 0.
    """
    if len(rows) <= most:
        return rows
    order = rng.permutation(int(groups.max()) + 1)
    sizes = np.bincount(groups, minlength=len(order))[order]
    chosen = np.zeros(len(order), bool)
    chosen[order[np.cumsum(sizes) <= most]] = True
    return rows[chosen[groups]]
