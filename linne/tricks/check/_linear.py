"""Small linear models, cross-validated in closed form: what can be told from very little."""

import numpy as np

from linne.core.deal import deal

FOLDS = 5


def folds(labels: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) int64 fold of each picture, classes in their share, pictures of a group together."""
    return deal(labels, groups, [1.0] * FOLDS, rng)


def scores(x: np.ndarray, labels: np.ndarray, fold: np.ndarray, classes: int, strength: float) -> np.ndarray:
    """(n, classes) out-of-fold scores of ridge regression to one-hot labels (Hoerl & Kennard 1970).

    x: (n, d), d a few thousand at most. strength: what is added to the diagonal of a training set's X'X.
    """
    x = np.asarray(x, np.float32)
    x = x - x.mean(0)
    target = np.eye(classes, dtype=np.float32)[labels]
    held = [fold == one for one in range(FOLDS)]
    gram, cross = [x[out].T @ x[out] for out in held], [x[out].T @ target[out] for out in held]
    everything, answer = np.sum(gram, axis=0, dtype=float), np.sum(cross, axis=0, dtype=float)
    sums = [target[out].sum(0) for out in held]
    result = np.empty((len(x), classes))
    for out, own, right, number in zip(held, gram, cross, sums, strict=True):
        rest = len(x) - out.sum()
        share = (np.sum(sums, axis=0) - number) / max(rest, 1)
        shift = -x[out].sum(0, dtype=float) / max(rest, 1)  # the training mean: x has mean 0 over all
        square = everything - own - rest * np.outer(shift, shift) + strength * np.eye(x.shape[1])
        weights = np.linalg.solve(square, answer - right - rest * np.outer(shift, share))
        result[out] = share + (x[out] - shift) @ weights
    return result


def standard(x: np.ndarray) -> np.ndarray:
    """(n, d) float32, each column with mean 0 and deviation 1; constant columns are 0."""
    x = np.asarray(x, np.float32)
    spread = x.std(0)
    return (x - x.mean(0)) / np.where(spread > 1e-6, spread, np.inf)


def bins(values: np.ndarray, most: int = 16) -> np.ndarray:
    """(n, b) float32 0/1: the quantile bin of each value; not-a-number has one of its own."""
    known = np.isfinite(values)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, most + 1)[1:-1])) if known.any() else np.zeros(0)
    return one_hot(np.where(known, np.searchsorted(edges, values, side="right"), -1))


def one_hot(values: np.ndarray, most: int = 32) -> np.ndarray:
    """(n, b) float32 0/1 of the `most` commonest values; no columns where all are one."""
    found, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(found) < 2:
        return np.zeros((len(values), 0), np.float32)
    kept = np.sort(np.argsort(-counts, kind="stable")[:most])
    return (place.reshape(-1, 1) == kept).astype(np.float32)
