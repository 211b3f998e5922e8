"""undersample: of every class no more rows than the smallest has, others each epoch (Japkowicz 2000)."""

import math

import numpy as np

from ...core.errors import OptionError
from ._counts import members, some


def undersample(labels: np.ndarray, rng: np.random.Generator, *, times: float = 1.0) -> np.ndarray:
    """(m,) places, none twice.

    times: how many times the rows of the smallest class that has any a class may have, at least 1, rounded up. An
    epoch is the shorter. Raises OptionError below 1 and for rows without a label.
    """
    if not times >= 1:
        raise OptionError(f"undersample: times is at least 1, got {times}.")
    classes = members("undersample", labels)
    most = math.ceil(times * min(map(len, classes)))
    return rng.permutation(np.concatenate([some(places, min(len(places), most), rng) for places in classes]))
