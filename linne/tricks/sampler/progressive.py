"""progressive: from the data as they come to every class equally often (Kang et al. 2020, arXiv:1910.09217)."""

import numpy as np

from ._counts import counted, drawn


def progressive(labels: np.ndarray, rng: np.random.Generator, progress: float) -> np.ndarray:
    """(n,) places with replacement: a class with chance (1 - progress) n_class / n + progress / K, then a row.

    progress: share of the run that is over when the epoch begins (t / T of section 4.1). Classes without a row are
    left out. Raises OptionError for rows without a label.
    """
    counts = counted("progressive", labels)
    present = counts > 0
    return drawn(labels, (1 - progress) * counts / counts.sum() + progress * present / present.sum(), rng)
