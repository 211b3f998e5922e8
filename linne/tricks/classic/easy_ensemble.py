"""easy_ensemble: boosted learners, each on a balanced share of the rows (Liu, Wu & Zhou 2009, IEEE SMC-B 39)."""

from typing import Any

import numpy as np

from ._balance import Scores, estimator, fitted, least, library, positive, seed


def easy_ensemble(
    features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, bags: int = 10, learner: Any = ""
) -> Scores:
    """From features (n, d) and targets (n,) a callable: features (m, d) to log probabilities (m, K), the bags' mean.

    Each bag holds as many rows of every class as the rarest has, drawn without replacement. bags: 1 or more. learner:
    on each, "" is AdaBoost over stumps as in the paper; or any of this kind, with its options. By imbalanced-learn.
    Raises InputError for one class, MissingExtra without the library, OptionError for other bags.
    """
    positive("easy_ensemble", bags=bags)
    least("easy_ensemble", targets)
    own = {"estimator": estimator(learner)} if learner else {}
    model = library("easy_ensemble", "ensemble").EasyEnsembleClassifier(bags, **own, random_state=seed(rng))
    return fitted(model, features, targets)
