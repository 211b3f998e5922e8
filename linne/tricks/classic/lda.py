"""lda: linear discriminant analysis with a shrunk covariance by scikit-learn (Ledoit and Wolf 2004, JMA 88)."""

import warnings

import numpy as np

from linne.core.errors import OptionError

from ._fitted import known
from ._linear import Linear, rows_of


class lda(Linear):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    Every class is a Gaussian of one covariance, so the scores are linear and their softmax is scikit-learn's
    predict_proba. shrinkage: how far the covariance is drawn to a multiple of the identity, 0 to 1, or 'auto' for
    Ledoit and Wolf's estimate; 0 needs many more pictures than features. Solved by least squares.
    Raises InputError for targets of a single class, OptionError for another shrinkage.
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, *, shrinkage: "float | str" = "auto") -> None:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        number = isinstance(shrinkage, (int, float)) and not isinstance(shrinkage, bool) and 0 <= shrinkage <= 1
        if not number and shrinkage != "auto":
            raise OptionError(f"lda: shrinkage={shrinkage!r} is a number from 0 to 1, or 'auto'.")
        present, places, _ = known("lda", targets)
        wide = np.asarray(features, np.float64)
        with warnings.catch_warnings():  # a class of one picture has no spread of its own
            warnings.filterwarnings("ignore", "Only one sample available", UserWarning)
            model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(wide, places)
        self.kept = rows_of(model.coef_, model.intercept_, present, int(present[-1]) + 1)
