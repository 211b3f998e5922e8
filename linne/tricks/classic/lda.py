"""lda: linear discriminant analysis with a shrunk covariance by scikit-learn (Ledoit and Wolf 2004, JMA 88)."""

import warnings

import numpy as np

from linne.core.errors import OptionError

from ._fitted import known
from ._linear import Linear, rows_of

LEAST = 1e-9
"""Of a feature's variance that the diagonal part has at least where the covariance is solved for by its rows."""


class lda(Linear):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    Every class is a Gaussian of one covariance, so the scores are linear and their softmax is scikit-learn's
    predict_proba. shrinkage: how far the covariance is drawn to a multiple of the identity, 0 to 1, or 'auto' for
    Ledoit and Wolf's estimate; 0 needs many more pictures than features. Solved by least squares, or with fewer
    pictures than features by their n x n products: the same to 1e-6, many times faster.
    Raises InputError for targets of a single class, OptionError for another shrinkage.
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, *, shrinkage: "float | str" = "auto") -> None:
        number = isinstance(shrinkage, (int, float)) and not isinstance(shrinkage, bool) and 0 <= shrinkage <= 1
        if not number and shrinkage != "auto":
            raise OptionError(f"lda: shrinkage={shrinkage!r} is a number from 0 to 1, or 'auto'.")
        present, places, _ = known("lda", targets)
        wide = np.asarray(features, np.float64)
        solved = _spanned(wide, places, shrinkage) if len(wide) < wide.shape[1] else None
        weight, bias = solved or _whole(wide, places, shrinkage)
        self.kept = rows_of(weight, bias, present, int(present[-1]) + 1)


def _whole(wide: np.ndarray, places: np.ndarray, shrinkage: "float | str") -> tuple[np.ndarray, np.ndarray]:
    """(weight, bias) by scikit-learn, from the whole (d, d) covariance."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    with warnings.catch_warnings():  # a class of one picture has no spread of its own
        warnings.filterwarnings("ignore", "Only one sample available", UserWarning)
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(wide, places)
    return model.coef_, model.intercept_


def _spanned(wide: np.ndarray, places: np.ndarray, shrinkage: "float | str") -> "tuple[np.ndarray, np.ndarray] | None":
    """The same without a (d, d) matrix: the covariance is R'R of n rows and a diagonal, inverted by Woodbury's identity
    (Woodbury 1950, Princeton SRG memorandum 42); None where the diagonal is too small for that."""
    from sklearn.preprocessing import StandardScaler

    share = np.bincount(places) / len(places)
    means = np.stack([wide[places == k].mean(0) for k in range(len(share))])
    rows, diagonal = wide - means[places], np.zeros(wide.shape[1])
    for k, prior in enumerate(share):
        own = places == k
        scale = np.asarray(StandardScaler().fit(wide[own]).scale_ if shrinkage == "auto" else np.ones(wide.shape[1]))
        even = rows[own] / scale
        drawn = _ledoit_wolf(even) if shrinkage == "auto" else float(shrinkage)
        diagonal += prior * drawn * np.square(even).mean() * np.square(scale)
        rows[own] *= np.sqrt(prior * (1 - drawn) / own.sum())
    if (diagonal <= LEAST * np.square(rows).sum(0)).any():
        return None
    flat, level = rows / diagonal, means / diagonal
    inner = np.linalg.solve(np.eye(len(rows)) + flat @ rows.T, flat @ means.T)
    weight = level - inner.T @ flat
    bias = np.log(share) - (means * weight).sum(1) / 2
    return (weight, bias) if len(share) > 2 else (np.diff(weight, axis=0), np.diff(bias))


def _ledoit_wolf(rows: np.ndarray) -> float:
    """Ledoit and Wolf's shrinkage of the covariance of centred rows (n, d), equation 14, by their n x n products."""
    n, wide = rows.shape
    power = np.square(rows)
    size = power.sum() / (n * wide)
    squared = np.square(rows @ rows.T).sum() / n**2
    distance = (squared - wide * size**2) / wide
    noise = min((np.square(power.sum(1)).sum() / n - squared) / (n * wide), distance)
    return float(noise / distance) if noise > 0 else 0.0
