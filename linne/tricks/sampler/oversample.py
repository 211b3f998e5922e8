"""oversample: rows of rare classes come again until each class is as large as the largest (Japkowicz 2000)."""

import math

import numpy as np

from ...core.errors import OptionError
from ._counts import members, some


def oversample(labels: np.ndarray, rng: np.random.Generator, *, share: float = 1.0) -> np.ndarray:
    """(m,) places, every row at least once; of a class that is filled up none comes twice more often than another.

    share: of the largest class's rows that each class has at least, above 0 up to 1. An epoch is the longer. Raises
    OptionError outside and for rows without a label.
    """
    if not 0 < share <= 1:
        raise OptionError(f"oversample: share is above 0 up to 1, got {share}.")
    classes = members("oversample", labels)
    least = math.ceil(share * max(map(len, classes)))
    return rng.permutation(np.concatenate([some(places, max(len(places), least), rng) for places in classes]))
