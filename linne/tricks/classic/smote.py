"""smote: rare classes filled up with points between neighbours of a class, then a learner (Chawla et al. 2002)."""

from typing import Any

import numpy as np

from ._balance import Scores, least, library, positive, resampled, seed


def smote(
    features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, k: int = 5, learner: Any = "logistic"
) -> Scores:
    """From features (n, d) and targets (n,) a callable: features (m, d) to scores (m, K), as `learner` gives them.

    Every class gets the rows of the largest: a row plus an even share of the way to one of its k nearest of the class
    (at most all others of the rarest class), by distance as the features come. k: 1 or more. learner: any of this kind,
    with its options. By imbalanced-learn. Raises InputError for a class of one row, MissingExtra without the library,
    OptionError for another k.
    """
    positive("smote", k=k)
    few = least("smote", targets, 2)
    sampler = library("smote", "over_sampling").SMOTE(k_neighbors=min(k, few - 1), random_state=seed(rng))
    return resampled("smote", sampler, learner, features, targets, rng)
