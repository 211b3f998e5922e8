"""extra_trees: extremely randomised trees by scikit-learn (Geurts et al. 2006, doi:10.1007/s10994-006-6226-1)."""

import numpy as np

from ._trees import Trees, grown


class extra_trees(Trees):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    The scores are logarithms of the trees' mean share of each class. trees: how many; each learns from all pictures and
    cuts a random root of d features at random places, of which the best is taken. leaf: pictures that a leaf holds at
    least. smooth: so many trees more vote evenly for the classes; with 0 the softmax of the scores is scikit-learn's
    predict_proba. Raises InputError for targets of a single class, OptionError for options out of range.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, trees: int = 200, leaf: int = 1,
        smooth: float = 1.0,
    ) -> None:  # fmt: skip
        from sklearn.ensemble import ExtraTreesClassifier

        self.kept = grown("extra_trees", ExtraTreesClassifier, (features, targets), rng, (trees, leaf, smooth))
