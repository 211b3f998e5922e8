"""vim: how much of the features lies outside of the known pictures' main directions, beside the energy of the logits
(virtual-logit matching, Wang et al. 2022, arXiv:2203.10807)."""

from typing import Any

import numpy as np

from linne.core.predictions import Predictions

from ._score import Score, fitting, one, tensor, whole
from ._space import directions


class vim(Score):
    """From logits (m, K) and features (m, d) to alpha times the residual's length less log sum exp(z) (m,), the higher
    the stranger.

    predictions: logits and labels of n pictures, features: theirs. weight: (K, d), bias: (K,) of the linear head, by
    which the features' origin is where every logit is 0 (section 4.1); None for another head, then it is their mean.
    axes: main directions, 0 for as many as there are classes (as the paper has 1,000 for 1,000; its 512 for 10 classes
    of clothing cost 3 points of AUROC), never more than half of the pictures or features. Raises OptionError for fewer,
    InputError where fewer than two labelled rows are finite.
    """

    def __init__(
        self, predictions: Predictions, features: np.ndarray, weight: "np.ndarray | None" = None,
        bias: "np.ndarray | None" = None, *, axes: int = 0,
    ) -> None:  # fmt: skip
        whole("vim", 0, axes=axes)
        rows, _, logits = fitting("vim", predictions, features)
        origin = rows.mean(0)
        if weight is not None and bias is not None:
            origin = -np.linalg.pinv(np.asarray(weight, np.float64)) @ np.asarray(bias, np.float64)
        most = max(1, min(rows.shape) // 2)
        basis = directions(rows - origin, min(axes or logits.shape[1], most))
        length = _residual(rows - origin, basis)
        top = logits.max(axis=1)
        alpha = (top.sum() if top.sum() > 0 else np.abs(top).sum()) / max(float(length.sum()), 1e-12)
        self.kept = {"origin": origin, "basis": basis.astype(np.float32), "alpha": one(alpha)}

    def scores(self, logits: np.ndarray, features: np.ndarray) -> np.ndarray:
        """(m,), any number."""
        moved = np.asarray(features, np.float64) - self.kept["origin"]
        top = logits.max(axis=1)
        energy = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        return self.number("alpha") * _residual(moved, self.kept["basis"].astype(np.float64)) - energy

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors. A difference of squares would cancel where float32 is all that a runtime has, so
        it is the square of the difference, and what the directions lack of being orthonormal. The origin may lie a
        thousand times further out than any picture: its own part outside is worked out here, not in the graph."""
        basis, origin = self.kept["basis"].astype(np.float64), self.kept["origin"].astype(np.float64)
        within = origin @ basis
        axes, lack, start, outside = (
            tensor(part).to(features.dtype)
            for part in (basis, np.eye(basis.shape[1]) - basis.T @ basis, within, origin - within @ basis.T)
        )
        own = features @ axes
        inside = own - start
        left = ((features - own @ axes.T - outside) ** 2).sum(1) + ((inside @ lack) * inside).sum(1)
        left = left.clamp(min=0).sqrt()
        return self.number("alpha") * left - logits.logsumexp(1)


def _residual(rows: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """(m,) length of what of rows (m, d) lies outside of orthonormal directions (d, r)."""
    return np.sqrt(np.maximum((rows**2).sum(1) - ((rows @ basis) ** 2).sum(1), 0))
