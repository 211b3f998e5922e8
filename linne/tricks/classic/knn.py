"""knn: a vote of the nearest pictures, counted as scikit-learn does (Cover and Hart 1967, IEEE TIT 13)."""

import numpy as np

from linne.core.errors import InputError, OptionError

from ._fitted import Fitted, known, logs, not_negative, parts, whole

MOST = 50_000
"""Pictures that are kept at most: each is compared with every new one."""


class knn(Fitted):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    The scores are logarithms of each class's share of the votes; nothing is fitted, the pictures are what is learned.
    k: the nearest pictures that vote. metric: 'cosine' or 'euclidean'. weights: 'uniform' (a vote each) or 'distance'
    (one over the distance; where pictures lie at 0, they alone). smooth: so many votes more are spread evenly over the
    classes, since no vote of 5 is no proof; with 0 the softmax of the scores is scikit-learn's predict_proba.
    Raises InputError for targets of a single class or more than 50,000 pictures, OptionError for a k above n and for
    other options out of range.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, *, k: int = 5, metric: str = "cosine",
        weights: str = "uniform", smooth: float = 1.0,
    ) -> None:  # fmt: skip
        whole("knn", k=k)
        not_negative("knn", smooth=smooth)
        for option, value, allowed in (("metric", metric, ("cosine", "euclidean")),
                                       ("weights", weights, ("uniform", "distance"))):  # fmt: skip
            if value not in allowed:
                raise OptionError(f"knn: {option}={value!r} is not allowed; it is {' or '.join(map(repr, allowed))}.")
        _, places, counts = known("knn", targets)
        if k > len(places):
            raise OptionError(f"knn: k={k} of {len(places)} pictures cannot vote. Give k={len(places)} or less.")
        if len(places) > MOST:
            raise InputError(f"knn keeps at most {MOST:,} pictures, got {len(places):,}. Take logistic, lda or forest.")
        rows = np.asarray(features)
        self.kept = {
            **counts, "rows": unit(rows) if metric == "cosine" else rows, "places": places.astype(np.int64),
            "k": np.array([k]), "cosine": np.array([int(metric == "cosine")]),
            "near": np.array([int(weights == "distance")]), "smooth": np.array([float(smooth)]),
        }  # fmt: skip

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64 logarithms of shares."""
        kept, k = self.kept, int(self.kept["k"][0])
        share = np.zeros((len(features), len(kept["present"])))
        for part in parts(len(features), len(kept["rows"])):
            apart = self._apart(features[part])
            nearest = np.argpartition(apart, k - 1, axis=1)[:, :k]
            votes = np.ones(nearest.shape)
            if kept["near"][0]:
                near = np.take_along_axis(apart, nearest, 1).astype(np.float64)
                same = near == 0
                votes = np.where(same.any(1, keepdims=True), same, 1 / np.where(same, 1, near))
            rows = np.arange(part.start, part.start + len(apart))[:, None]
            np.add.at(share, (rows, kept["places"][nearest]), votes / votes.sum(1, keepdims=True))
        return self.spread(logs(share, k, float(kept["smooth"][0])))

    def _apart(self, features: np.ndarray) -> np.ndarray:
        """(m, n) distances from the pictures that are kept."""
        rows = self.kept["rows"]
        if self.kept["cosine"][0]:
            return np.maximum(1 - unit(features) @ rows.T, 0)
        squares = (features**2).sum(1)[:, None] + (rows**2).sum(1) - 2 * (features @ rows.T)
        return np.sqrt(np.maximum(squares, 0))


def unit(features: np.ndarray) -> np.ndarray:
    """Rows (m, d) of length 1; a row of zeros stays."""
    length = np.sqrt((features**2).sum(1, keepdims=True))
    return features / np.where(length > 0, length, 1)
