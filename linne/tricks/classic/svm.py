"""svm: support vector machines, one class against the rest, by scikit-learn's SVC (Cortes and Vapnik 1995)."""

import numpy as np

from linne.core.errors import InputError, OptionError
from linne.core.predictions import NEVER

from ._fitted import Fitted, known, parts, positive
from ._linear import rows_of, scaled

MOST = 10_000
"""Pictures that learn at most: the products of all pairs are held, 0.8 GB of them."""


class svm(Fitted):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    The scores are distances from each class's border in units of its margin (halved with opposite signs for two
    classes), no probabilities: a temperature makes them some. Columns are centred and divided as `logistic` does, so
    that a row's mean squared length is 1. kernel: 'rbf', exp(-gamma |x - y|^2), or 'linear'. c: what a picture on the
    wrong side costs. gamma: of 'rbf' alone, 1 by default, which is scikit-learn's gamma='scale' here.
    Raises InputError for targets of a single class or more than 10,000 pictures, OptionError for other kernels, for c
    or gamma that are not positive, and for a gamma that a linear kernel would not use.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, *, kernel: str = "rbf", c: float = 1.0,
        gamma: "float | None" = None,
    ) -> None:  # fmt: skip
        if kernel not in ("rbf", "linear"):
            raise OptionError(f"svm: kernel={kernel!r} is not allowed; it is 'rbf' or 'linear'.")
        if kernel == "linear" and gamma is not None:
            raise OptionError(f"svm: gamma={gamma!r} has no effect with kernel='linear'. Drop one of the two.")
        positive("svm", c=c, **({} if gamma is None else {"gamma": gamma}))
        present, places, counts = known("svm", targets)
        if len(places) > MOST:
            raise InputError(
                f"svm learns from at most {MOST:,} pictures, got {len(places):,}. Take logistic, lda or forest."
            )
        features, total = np.asarray(features), int(counts["total"][0])
        centre, scale = scaled(features)
        rows, width = (features - centre) * scale, float(gamma or 1.0)
        dual, bias = _solved(rows, width if kernel == "rbf" else 0.0, places, c)
        if kernel == "linear":
            weight = (dual @ rows) * scale
            self.kept = rows_of(weight, bias - weight @ centre, present, total)
            return
        used = dual.any(axis=0)
        if len(dual) == 1:
            dual, bias = np.concatenate([-dual, dual]) / 2, np.concatenate([-bias, bias]) / 2
        every, level = np.zeros((total, int(used.sum()))), np.full(total, NEVER)
        every[present], level[present] = dual[:, used], bias
        self.kept = {"vectors": features[used], "dual": every, "bias": level, "centre": centre, "scale": scale,
                     "gamma": np.array([width])}  # fmt: skip

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64 distances."""
        kept = self.kept
        if "weight" in kept:
            return features.astype(np.float64) @ kept["weight"].T + kept["bias"]
        vectors = (kept["vectors"] - kept["centre"]) * kept["scale"]
        out = np.empty((len(features), len(kept["bias"])))
        for part in parts(len(features), len(vectors)):
            rows = (features[part] - kept["centre"]) * kept["scale"]
            out[part] = _rbf(rows, vectors, float(kept["gamma"][0])) @ kept["dual"].T + kept["bias"]
        return out


def _rbf(first: np.ndarray, second: np.ndarray, gamma: float) -> np.ndarray:
    """(n, m) float64 exp(-gamma |x - y|^2) of rows (n, d) and (m, d)."""
    apart = (first**2).sum(1)[:, None] + (second**2).sum(1) - 2 * (first @ second.T)
    return np.exp(-gamma * np.maximum(apart, 0))


def _solved(rows: np.ndarray, gamma: float, places: np.ndarray, c: float) -> tuple[np.ndarray, np.ndarray]:
    """Signed dual variables (k, n) and biases (k,) of each class against the rest; of two classes only the second's.

    The products of all pairs are computed once for all classes. gamma: 0 for a linear kernel.
    """
    from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
    from sklearn.svm import SVC

    products = rbf_kernel(rows, gamma=gamma) if gamma else linear_kernel(rows)

    count = int(places.max()) + 1
    wanted = [1] if count == 2 else range(count)
    dual, bias = np.zeros((len(wanted), len(places))), np.zeros(len(wanted))
    for row, own in enumerate(wanted):
        model = SVC(kernel="precomputed", C=c).fit(products, places == own)
        dual[row, model.support_], bias[row] = model.dual_coef_[0], model.intercept_[0]
    return dual, bias
