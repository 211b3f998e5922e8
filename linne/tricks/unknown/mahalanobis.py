"""mahalanobis: squared distance to the nearest class mean under the covariance within classes (Lee et al. 2018,
arXiv:1807.03888, equation 2)."""

from typing import Any

import numpy as np

from linne.core.predictions import Predictions

from ._score import Score, fitting
from ._space import metric, middles, squares, traced_squares


class mahalanobis(Score):
    """From features (m, d) to the squared Mahalanobis distance (m,), the higher the stranger.

    predictions: for the labels; features: (n, d) of the same pictures. One covariance for all classes, drawn towards a
    ball as Ledoit and Wolf (2004) find best, so that fewer pictures than features serve. Raises InputError where fewer
    than two labelled rows are finite.
    """

    def __init__(self, predictions: Predictions, features: np.ndarray) -> None:
        rows, labels, _ = fitting("mahalanobis", predictions, features)
        means, left = middles(rows, labels)
        self.kept = {"means": means} | metric(left)

    def scores(self, logits: np.ndarray, features: np.ndarray) -> np.ndarray:
        """(m,) 0 or more."""
        return squares(features, self.kept, "", self.kept["means"]).min(axis=1)

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors."""
        return traced_squares(features, self.kept, "", self.kept["means"]).amin(1)
