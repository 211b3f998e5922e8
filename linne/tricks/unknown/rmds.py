"""rmds: Mahalanobis distance to the nearest class less that to all pictures (Ren et al. 2021, arXiv:2106.09022,
equation 2)."""

from typing import Any

import numpy as np

from linne.core.predictions import Predictions

from ._score import Score, fitting
from ._space import metric, middles, squares, traced_squares


class rmds(Score):
    """From features (m, d) to a difference of squared Mahalanobis distances (m,), the higher the stranger.

    predictions: for the labels; features: (n, d) of the same pictures. The covariance within classes is drawn towards a
    ball as Ledoit and Wolf (2004) find best, that of all pictures as far towards the same ball: with balls of their own
    their difference is that of the balls, and what lies far away came out as well known (AUROC 0.02). Raises InputError
    where fewer than two labelled rows are finite.
    """

    def __init__(self, predictions: Predictions, features: np.ndarray) -> None:
        rows, labels, _ = fitting("rmds", predictions, features)
        means, left = middles(rows, labels)
        centre = rows.mean(0, keepdims=True)
        own = metric(left)
        share, ball = own["drawn"].tolist()
        every = {f"all {name}": value for name, value in metric(rows - centre, (share, ball)).items()}
        self.kept = {"means": means, "centre": centre} | own | every

    def scores(self, logits: np.ndarray, features: np.ndarray) -> np.ndarray:
        """(m,), any number."""
        near = squares(features, self.kept, "", self.kept["means"]).min(axis=1)
        return near - squares(features, self.kept, "all ", self.kept["centre"])[:, 0]

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors."""
        near = traced_squares(features, self.kept, "", self.kept["means"]).amin(1)
        return near - traced_squares(features, self.kept, "all ", self.kept["centre"])[:, 0]
