"""ridge: least squares to one-hot labels with a penalty, in closed form (Hoerl and Kennard 1970, Technometrics 12)."""

import numpy as np

from ._fitted import known, positive
from ._linear import Linear, rows_of, scaled


class ridge(Linear):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    Minimises sum |W x + b - y|^2 + strength |W|^2 over one-hot y (few labels: Bertinetto et al. 2019,
    arXiv:1805.08136), b free, on columns that are centred and divided as `logistic` does, so that a row's mean squared
    length is 1. A score of 1 is a class's own, `scale` multiplies all. Solved by the n x n products or the d x d
    ones, whichever are fewer. Raises InputError for targets of a single class, OptionError for a strength or scale that
    is not positive.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, *, strength: float = 1.0, scale: float = 10.0
    ) -> None:
        positive("ridge", strength=strength, scale=scale)
        present, places, _ = known("ridge", targets)
        centre, size = scaled(features)
        rows, wanted = (features - centre) * size, np.eye(len(present))[places]
        level = wanted.mean(0)
        if len(rows) < rows.shape[1]:
            solved = np.linalg.solve(rows @ rows.T + strength * np.eye(len(rows)), wanted - level)
            weight = solved.T @ rows
        else:
            products = rows.T @ rows + strength * np.eye(rows.shape[1])
            weight = np.linalg.solve(products, rows.T @ (wanted - level)).T
        weight, level = scale * weight * size, scale * level
        self.kept = rows_of(weight, level - weight @ centre, present, int(present[-1]) + 1)

    @staticmethod
    def left_out(
        features: np.ndarray, targets: np.ndarray, parts: np.ndarray, *, strength: float = 1.0, scale: float = 10.0
    ) -> np.ndarray:
        """(n, K) scores of each row by a learner without its part (n,) of the rows, from one factorisation.

        With H the matrix that makes fits of labels, a part's fits without it are y - (I - H)^-1 (y - H y), of its own
        rows and columns (Allen 1974, Technometrics 16, for one row). Columns are scaled by all rows, which takes no
        label; else these are refits. A class that a part alone has is then at its rows' zero.
        """
        positive("ridge", strength=strength, scale=scale)
        centre, size = scaled(features)
        rows, wanted = (features - centre) * size, np.eye(int(np.max(targets)) + 1)[targets]
        n = len(rows)
        even = np.linalg.eigh(rows @ rows.T)
        # rows are centred, so the free level adds 1 / n to every entry
        fits = (even[1] * (np.maximum(even[0], 0) / (np.maximum(even[0], 0) + strength))) @ even[1].T + 1 / n
        missed, out = wanted - fits @ wanted, np.empty(wanted.shape)
        for part in np.unique(parts):
            own = np.flatnonzero(parts == part)
            inner = np.eye(len(own)) - fits[np.ix_(own, own)]
            out[own] = wanted[own] - np.linalg.solve(inner, missed[own])
        return scale * out
