"""logistic: multinomial logistic regression by scikit-learn, one fit at one strength (Pedregosa et al. 2011)."""

import numpy as np

from ._fitted import known, positive, whole
from ._linear import Linear, rows_of, scaled


class logistic(Linear):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    Their softmax is a probability. Columns are centred, divided by the square root of their deviation and all by one
    number, so that a row's mean squared length is 1; strength is the penalty there, 1 / C. steps: at most so many.
    Raises InputError for targets of a single class, OptionError for a strength or steps that are not positive.
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, *, strength: float = 0.1, steps: int = 2000) -> None:
        from sklearn.linear_model import LogisticRegression

        positive("logistic", strength=strength)
        whole("logistic", steps=steps)
        present, places, _ = known("logistic", targets)
        centre, scale = scaled(features)
        model = LogisticRegression(C=1 / strength, max_iter=steps, tol=1e-5).fit((features - centre) * scale, places)
        weight = model.coef_ * scale
        self.kept = rows_of(weight, model.intercept_ - weight @ centre, present, int(present[-1]) + 1)
