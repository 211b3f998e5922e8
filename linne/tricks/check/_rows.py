"""Which pictures a check may learn from: never those that are there to judge the final model."""

import numpy as np

from linne.core.facts import Facts
from linne.core.images import Images
from linne.core.predictions import Predictions


def learnable(images: Images, facts: Facts, predictions: Predictions | None = None) -> np.ndarray:
    """(m,) int64 rows, ascending: labelled, readable, in the training split (where there is none, in no split), and
    predicted, where predictions are given."""
    held = (images.labels >= 0) & facts.readable
    held &= images.split == ("train" if (images.split == "train").any() else "")
    if predictions is not None:
        held &= np.isin(np.arange(len(images)), predictions.rows)
    return np.flatnonzero(held)


def some(rows: np.ndarray, groups: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """(at most `most`,) of these rows, ascending: whole groups drawn at random, of a group larger than that a part.

    groups: (rows,) whole numbers from 0.
    """
    if len(rows) <= most:
        return rows
    rank = rng.permutation(int(groups.max()) + 1)[groups]
    return np.sort(rows[np.lexsort((rng.random(len(rows)), rank))[:most]])
