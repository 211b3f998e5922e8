"""Features made small, and the nearest neighbours in them; no more than a bounded number of pictures is a reference."""

import numpy as np

REFERENCE = 20_000
"""Pictures that the axes are fitted on and that may be neighbours: above this, time grows with n, not n squared."""
BLOCK = 2048


def sample(n: int, rng: np.random.Generator, most: int = REFERENCE) -> np.ndarray:
    """(at most `most`,) rows of n, ascending."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def standardised(features: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(n, d) float32 with mean 0 and deviation 1 over the reference rows; constant columns are 0."""
    known = np.asarray(features[reference], np.float32)
    spread = known.std(0)
    return (np.asarray(features, np.float32) - known.mean(0)) / np.where(spread > 1e-6, spread, np.inf)


def axes(points: np.ndarray, width: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(d, w) principal axes, the strongest first, and their variances (w,); w <= width leaves out those without any.

    By three rounds of subspace iteration on 16 more directions than asked for (Halko et al. 2011, algorithm 4.4), made
    orthonormal through their small Gram matrix: products only, a twentieth of the time of all eigenvectors at 1,280
    features (and LAPACK's QR stalls for seconds where other work keeps the cores busy).
    """
    centred = points - points.mean(0)
    basis = rng.standard_normal((points.shape[1], min(points.shape[1], width + 16)), np.float32)
    for _ in range(3):
        basis = (centred.T @ (centred @ basis)).astype(float)
        size, turn = np.linalg.eigh(basis.T @ basis)
        held = size > max(1e-12 * size.max(initial=0), 1e-30)
        basis = (basis @ (turn[:, held] / np.sqrt(size[held]))).astype(np.float32)
    inside = (centred @ basis).astype(float)
    variance, vectors = np.linalg.eigh(inside.T @ inside / len(points))
    kept = np.arange(len(variance))[::-1][:width]
    kept = kept[variance[kept] > 1e-6 * variance.max(initial=0)]
    return basis @ vectors[:, kept].astype(np.float32), variance[kept]


def directions(features: np.ndarray, reference: np.ndarray, rng: np.random.Generator, width: int = 128) -> np.ndarray:
    """(n, w) float32 unit vectors: standardised, brought to `width` principal axes, so that a product is a cosine."""
    points = standardised(features, reference)
    points = points @ axes(points[reference], width, rng)[0]
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)


def nearest(points: np.ndarray, reference: np.ndarray, k: int, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((n, k) rows, (n, k) cosines) of the nearest reference rows that are of another group.

    points: (n, w) unit vectors. groups: (n,) whole numbers. Where fewer than k are left, the cosine is -inf.
    """
    rows = np.empty((len(points), k), np.int64)
    near = np.empty((len(points), k), np.float32)
    for start in range(0, len(points), BLOCK):
        own = slice(start, start + BLOCK)
        cosine = points[own] @ points[reference].T
        cosine[groups[own, None] == groups[reference]] = -np.inf
        best = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
        rows[own], near[own] = reference[best], np.take_along_axis(cosine, best, axis=1)
    return rows, near
