"""adasyn: as smote, with more new points where other classes are near (He et al. 2008, IJCNN)."""

from typing import Any

import numpy as np

from ._balance import Scores, least, library, positive, resampled, seed


def adasyn(
    features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, k: int = 5, learner: Any = "logistic"
) -> Scores:
    """From features (n, d) and targets (n,) a callable: features (m, d) to scores (m, K), as `learner` gives them.

    A class that lacks g rows of the largest's gets about g: row i of it round(g r_i / sum r), r_i being the share of
    other classes among its k nearest rows of all; each new one lies between it and one of its k nearest of the class
    (k is at most all others of the rarest class). k: 1 or more. learner: any of this kind. By imbalanced-learn. Raises
    InputError for a class of one row, and where a class that lacks rows has no other class near: take smote there;
    MissingExtra without the library, OptionError for another k.
    """
    positive("adasyn", k=k)
    few = least("adasyn", targets, 2)
    sampler = library("adasyn", "over_sampling").ADASYN(n_neighbors=min(k, few - 1), random_state=seed(rng))
    return resampled("adasyn", sampler, learner, features, targets, rng)
