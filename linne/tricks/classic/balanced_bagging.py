"""balanced_bagging: learners on bootstraps that are then cut to the rarest class (Hido, Kashima & Takahashi 2009)."""

from typing import Any

import numpy as np

from ._balance import Scores, estimator, fitted, least, library, positive, seed


def balanced_bagging(
    features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, bags: int = 10, learner: Any = ""
) -> Scores:
    """From features (n, d) and targets (n,) a callable: features (m, d) to log probabilities (m, K), the bags' mean.

    A bag is a bootstrap of all rows of which every class keeps as many as its rarest one has. bags: 1 or more. learner:
    on each, "" is a decision tree; or any of this kind, with its options. By imbalanced-learn. A bootstrap may hold no
    row of a class of few. Raises InputError for one class, MissingExtra without the library, OptionError for other
    bags.
    """
    positive("balanced_bagging", bags=bags)
    least("balanced_bagging", targets)
    own = {"estimator": estimator(learner)} if learner else {}
    model = library("balanced_bagging", "ensemble").BalancedBaggingClassifier(n_estimators=bags, **own,
                                                                              random_state=seed(rng))  # fmt: skip
    return fitted(model, features, targets)
