"""root: classes come by the square root of their size (Mahajan et al. 2018, arXiv:1805.00932, section 2.2)."""

import numpy as np

from ._counts import counted, drawn


def root(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) places with replacement: a class with chance proportional to sqrt(n_class), then any of its rows.

    Raises OptionError for rows without a label.
    """
    return drawn(labels, np.sqrt(counted("root", labels)), rng)
