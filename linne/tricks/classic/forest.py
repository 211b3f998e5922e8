"""forest: a random forest by scikit-learn (Breiman 2001, doi:10.1023/A:1010933404324)."""

import numpy as np

from ._trees import Trees, grown


class forest(Trees):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    The scores are logarithms of the trees' mean share of each class. trees: how many, each from its own resample of
    the pictures and a random root of d features at each node. leaf: pictures that a leaf holds at least. smooth: so
    many trees more vote evenly for the classes; with 0 the softmax of the scores is scikit-learn's predict_proba.
    Raises InputError for targets of a single class, OptionError for options out of range.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, trees: int = 200, leaf: int = 1,
        smooth: float = 1.0,
    ) -> None:  # fmt: skip
        from sklearn.ensemble import RandomForestClassifier

        self.kept = grown("forest", RandomForestClassifier, (features, targets), rng, (trees, leaf, smooth))
