"""reversed: rare classes come more often, as BBN draws them (Zhou et al. 2020, arXiv:1912.02413)."""

import numpy as np

from ._counts import counted


def reversed(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) places with replacement: a class with chance proportional to n_largest / n_class, then any of its rows.

    Classes without a row are left out. Raises OptionError for rows without a label.
    """
    counts = counted("reversed", labels)
    weight = np.divide(counts.max(), counts, out=np.zeros(len(counts)), where=counts > 0)
    return rng.choice(len(labels), len(labels), p=weight[labels] / weight.sum() / counts[labels])
