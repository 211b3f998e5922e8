"""shuffle: every row once an epoch, in a new order each time (random reshuffling, Bottou 2009)."""

import numpy as np


def shuffle(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) places, a permutation."""
    return rng.permutation(len(labels))
