"""weighted: classes come with chances of your own, or by a power of their size (Kang et al. 2020, arXiv:1910.09217)."""

from collections.abc import Sequence

import numpy as np

from ...core.errors import OptionError
from ._counts import counted, drawn


def weighted(
    labels: np.ndarray, rng: np.random.Generator, *, weights: Sequence[float] = (), power: float = 0.0
) -> np.ndarray:
    """(n,) places with replacement: a class with chance proportional to w n_class^power, then any of its rows.

    weights: w, a number of at least 0 for each class, in the classes' order, as in weights=(1,1,5); () is 1 for all.
    power: 1 as the data come, .5 is `root`, 0 `balanced`, -1 `reversed` (equation 1). Classes without a row are left
    out. Raises OptionError for weights that are negative, too few or leave nothing, and for rows without a label.
    """
    counts = counted("weighted", labels)
    given = np.asarray(weights if len(weights) else np.ones(len(counts)), float)
    if len(given) < len(counts) or not (given >= 0).all() or not (given[: len(counts)] * counts).any():
        raise OptionError(
            f"The sampler weighted takes a weight of at least 0 for each class (here {len(counts)}), and one above 0, "
            f"got {weights}."
        )
    chances = np.where(counts > 0, given[: len(counts)] * np.maximum(counts, 1.0) ** power, 0)
    return drawn(labels, chances, rng)
