"""naive_bayes: every feature a Gaussian of its own in each class, by scikit-learn's GaussianNB (Zhang 2004, FLAIRS)."""

import numpy as np

from ._fitted import Fitted, known, not_negative


class naive_bayes(Fitted):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    The scores are log probabilities, their softmax scikit-learn's predict_proba: far too sure, since features go
    together and each counts as news, until a temperature has divided them. smoothing: this share of the largest
    variance is added to all. Raises InputError for targets of a single class, OptionError for a smoothing below 0.
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, *, smoothing: float = 1e-9) -> None:
        from sklearn.naive_bayes import GaussianNB

        not_negative("naive_bayes", smoothing=smoothing)
        _, places, counts = known("naive_bayes", targets)
        model = GaussianNB(var_smoothing=smoothing).fit(np.asarray(features, np.float64), places)
        least = np.finfo(np.float64).tiny  # a feature that never varies, without smoothing
        self.kept = {**counts, "mean": model.theta_, "variance": np.maximum(model.var_, least),
                     "prior": np.log(model.class_prior_)}  # fmt: skip

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64 log probabilities."""
        kept = self.kept
        out = np.empty((len(features), len(kept["present"])))
        for k, (mean, variance) in enumerate(zip(kept["mean"], kept["variance"], strict=True)):
            far = ((features - mean) ** 2 / variance).sum(1) + np.log(2 * np.pi * variance).sum()
            out[:, k] = kept["prior"][k] - far / 2
        return self.spread(out)
