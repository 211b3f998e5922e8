"""balanced: every class equally often, whatever its size (Kang et al. 2020, arXiv:1910.09217)."""

import numpy as np

from ._counts import counted


def balanced(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) places with replacement: any class that has a row with the same chance, then any of its rows.

    Raises OptionError for rows without a label.
    """
    counts = counted("balanced", labels)
    present = (counts > 0).sum()
    return rng.choice(len(labels), len(labels), p=1 / (present * counts[labels]))
