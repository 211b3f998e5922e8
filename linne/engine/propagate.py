"""Label propagation: pictures that resemble each other are called alike, over a graph of the nearest by features.

Zhou et al. 2004 (NeurIPS 16, "Learning with local and global consistency"): scores Z solve (I - alpha S) Z = Y, S the
graph's weights W divided by the roots of both ends' sums. As Iscen et al. 2019 (arXiv:1904.04717, section 4.2): W_ij =
max(cosine, 0)^gamma of the k nearest, made symmetric by adding its transpose; conjugate gradients; a picture's weight
is 1 - H(z) / log K, H the entropy of its scores brought to a sum of 1; and classes weigh alike. What is theirs no more:
Y holds a label where one is known, and elsewhere what a classifier says (Zhu et al. 2003, ICML, section 5), for labels
alone were worth 2 points less than that classifier on clothing, and both together 2.5 points more.
"""

from dataclasses import dataclass

import numpy as np

NEAREST, POWER, ALPHA = 15, 6.0, 0.8
"""Chosen on clothing with 5, 10 and 30 labels a class by its validation pictures; 10 to 30, 0.7 to 0.9 do as well."""
TOLERANCE = 1e-6
STEPS = 200
BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Near:
    """The k nearest of m pictures among themselves. unit (m, d): features of length 1; index, cosine (m, k).

    They are compared around `mean` (d,), which no labelled picture has a part in: what the graph says of the pool stays
    the same whoever is labelled.
    """

    unit: np.ndarray
    mean: np.ndarray
    index: np.ndarray
    cosine: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray, k: int = NEAREST) -> "Near":
        """Of features (m, d); costs m^2 d."""
        mean = features.mean(0)
        unit = units(features - mean)
        return cls(unit, mean, *_nearest(unit, unit, min(k, len(unit) - 1), True))


def units(values: np.ndarray) -> np.ndarray:
    """Rows at length 1, float32."""
    return (values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def _nearest(asked: np.ndarray, known: np.ndarray, k: int, own: bool) -> tuple[np.ndarray, np.ndarray]:
    """(index, cosine) (n, k) of the k nearest known rows, unsorted; `own`: they are the same rows, and itself counts
    for nothing."""
    index, cosine = np.empty((len(asked), k), np.int64), np.empty((len(asked), k), np.float32)
    for start in range(0, len(asked) if k else 0, BLOCK):
        part = slice(start, min(start + BLOCK, len(asked)))
        found = asked[part] @ known.T
        if own:
            found[np.arange(part.stop - start), np.arange(start, part.stop)] = -np.inf
        index[part] = np.argpartition(-found, k - 1, axis=1)[:, :k]
        cosine[part] = np.take_along_axis(found, index[part], 1)
    return index, cosine


def graph(near: Near, features: np.ndarray, away: np.ndarray, k: int = NEAREST, power: float = POWER) -> "object":
    """S, sparse (n + m, n + m), of labelled pictures' features (n, d) and then the pool's. away: (m,) bool, who of the
    pool has no part in it."""
    from scipy.sparse import csr_matrix

    n, m = len(features), len(near.unit)
    own, known = units(features - near.mean), near.unit
    first = _nearest(own, np.concatenate([own, known]), min(k, n + m - 1), True)
    beside = (known @ own.T).astype(np.float32)
    both = np.concatenate([beside, near.cosine], axis=1)
    places = np.concatenate([np.broadcast_to(np.arange(n), (m, n)), n + near.index], axis=1)
    kept = np.argpartition(-both, min(k, both.shape[1]) - 1, axis=1)[:, :k]
    index = [first[0].ravel(), np.take_along_axis(places, kept, 1).ravel()]
    cosine = [first[1].ravel(), np.take_along_axis(both, kept, 1).ravel()]
    row = [np.repeat(np.arange(n), first[0].shape[1]), np.repeat(n + np.arange(m), kept.shape[1])]
    values = np.maximum(np.concatenate(cosine), 0).astype(np.float64) ** power
    rows, columns = np.concatenate(row), np.concatenate(index)
    gone = np.concatenate([np.zeros(n, bool), away])
    values[gone[rows] | gone[columns]] = 0
    whole = csr_matrix((values, (rows, columns)), shape=(n + m, n + m))
    whole = whole + whole.T
    root = 1 / np.sqrt(np.maximum(np.asarray(whole.sum(1)).ravel(), 1e-12))
    return whole.multiply(root[:, None]).multiply(root[None]).tocsr()


def diffused(links: "object", known: np.ndarray, alpha: float = ALPHA) -> np.ndarray:
    """(n, K) scores that solve (I - alpha S) Z = Y by conjugate gradients, all classes at once. alpha: below 1."""
    z, residual = np.zeros_like(known, np.float64), known.astype(np.float64)
    way, size = residual.copy(), np.square(residual).sum(0)
    goal = TOLERANCE**2 * np.maximum(size, 1e-300)
    for _ in range(STEPS):
        if (size <= goal).all():
            break
        moved = way - alpha * (links @ way)  # type: ignore[operator]
        length = size / np.maximum((way * moved).sum(0), 1e-300)
        z, residual = z + length * way, residual - length * moved
        new = np.square(residual).sum(0)
        way, size = residual + new / np.maximum(size, 1e-300) * way, new
    return np.maximum(z, 0)


def sure(scores: np.ndarray) -> np.ndarray:
    """(n,) 1 - H / log K of scores (n, K) at a sum of 1: 1 where one class has all, 0 where all have the same."""
    share = scores / np.maximum(scores.sum(1, keepdims=True), 1e-300)
    entropy = -np.where(share > 0, share * np.log(np.where(share > 0, share, 1)), 0).sum(1)
    return np.clip(1 - entropy / np.log(scores.shape[1]), 0, 1)


def propagated(
    near: Near, features: np.ndarray, labels: np.ndarray, said: np.ndarray, away: np.ndarray, alpha: float = ALPHA
) -> np.ndarray:
    """(m, K) each class's share of what reaches a pool picture.

    features (n, d), labels (n,): of the labelled ones. said: (m, K) probabilities of the pool by a classifier. away:
    (m,) bool, who has no part in it and keeps what was said.
    """
    n = len(features)
    known = np.concatenate([np.eye(said.shape[1])[labels], np.where(away[:, None], 0, said)])
    scores = diffused(graph(near, features, away), known, alpha)[n:]
    total = scores.sum(1, keepdims=True)
    return np.where(away[:, None] | (total <= 0), said, scores / np.maximum(total, 1e-300))
