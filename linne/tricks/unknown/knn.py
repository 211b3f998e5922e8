"""knn: distance to the k-th nearest known picture, all features of length 1 (Sun et al. 2022, arXiv:2204.06507)."""

from typing import Any

import numpy as np

from linne.core.predictions import Predictions

from ._score import Score, fitting, one, tensor, whole

MOST = 3000
"""Pictures that are kept at most, spread evenly over those given; each is compared with every new one."""
CELLS = 4_000_000


class knn(Score):
    """From features (m, d) to the distance to the k-th nearest row that it was given (m,), from 0 to 2, the higher the
    stranger.

    predictions: for which rows are labelled; features: (n, d) of the same pictures. k: 1 or more, all of them where
    they are fewer. Raises OptionError for another k, InputError where fewer than two labelled rows are finite.
    """

    def __init__(self, predictions: Predictions, features: np.ndarray, *, k: int = 5) -> None:
        whole("knn", 1, k=k)
        rows, _, _ = fitting("knn", predictions, features)
        some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST)).astype(int))
        self.kept = {"rows": unit(rows[some]).astype(np.float32), "k": one(min(k, len(some)))}

    def scores(self, logits: np.ndarray, features: np.ndarray) -> np.ndarray:
        """(m,) from 0 to 2."""
        kept, k = self.kept["rows"], int(self.number("k"))
        rows, out = unit(np.asarray(features, np.float64)).astype(np.float32), np.empty(len(features))
        step = max(1, CELLS // len(kept))
        for start in range(0, len(rows), step):
            likeness = rows[start : start + step] @ kept.T
            nearest = np.partition(likeness, likeness.shape[1] - k, axis=1)[:, likeness.shape[1] - k]
            out[start : start + step] = np.sqrt(np.maximum(2 - 2 * nearest.astype(np.float64), 0))
        return out

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors."""
        length = features.norm(dim=1, keepdim=True)
        rows = features / length.masked_fill(length == 0, 1)
        nearest = (rows @ tensor(self.kept["rows"]).to(rows.dtype).T).topk(int(self.number("k")), dim=1).values[:, -1]
        return (2 - 2 * nearest).clamp(min=0).sqrt()


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows (n, d) of length 1; a row of zeros stays."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)
