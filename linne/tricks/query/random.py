"""random: ask for any, each with the same chance: what every other query has to beat."""

import numpy as np

from linne.core.predictions import Predictions

from ._rank import Ranked

several = True


def random(predictions: Predictions, rng: np.random.Generator, n: int) -> Ranked:
    """n of the m rows in random order; every score is 0."""
    rows = rng.permutation(len(predictions))[:n]
    return rows, np.zeros(len(rows))
