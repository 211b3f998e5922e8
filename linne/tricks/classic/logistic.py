"""logistic: multinomial logistic regression by scikit-learn, one fit at one strength (Pedregosa et al. 2011)."""

from collections.abc import Callable

import numpy as np

from linne.core.errors import InputError, OptionError

NEVER = -30.0
"""The score of a class that no target names: a probability of about 1e-13."""


def logistic(
    features: np.ndarray, targets: np.ndarray, *, strength: float = 0.1, steps: int = 2000
) -> Callable[[np.ndarray], np.ndarray]:
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    Their softmax is a probability. Columns are centred, divided by the square root of their deviation and all by one
    number, so that a row's mean squared length is 1; strength is the penalty there, 1 / C. steps: at most so many.
    Raises InputError for targets of a single class, OptionError for a strength or steps that are not positive.
    """
    from sklearn.linear_model import LogisticRegression

    if not strength > 0 or steps < 1:
        raise OptionError(f"logistic: strength={strength} and steps={steps} must be positive.")
    if len(np.unique(targets)) < 2:
        raise InputError("logistic needs targets of at least two classes.")
    centre, spread = features.mean(0, dtype=np.float64), features.std(0, dtype=np.float64)
    scale = np.where(spread > 0, np.where(spread > 0, spread, 1) ** -0.5, 0)
    scale /= np.sqrt(((spread * scale) ** 2).sum())
    model = LogisticRegression(C=1 / strength, max_iter=steps, tol=1e-5).fit((features - centre) * scale, targets)

    def scores(features: np.ndarray) -> np.ndarray:
        found = model.decision_function((features - centre) * scale)
        out = np.full((len(features), int(targets.max()) + 1), NEVER)
        out[:, model.classes_] = found if found.ndim == 2 else np.column_stack([-found / 2, found / 2])
        return out

    return scores
