"""How like one set of pictures is to another, in a network's features: Frechet distance, precision and recall.

Heusel et al. 2017 (arXiv:1706.08500) take Inception's features; here they are those of the network at hand, so figures
compare with each other, and not with published ones. Both distances fall as pictures are added: sets that are to be
compared are to be alike in size.
"""

from collections.abc import Callable

import numpy as np

from ..core.deal import deal
from ..core.intervals import Interval, nothing, quantile
from ..core.rng import rng

NEIGHBOURS = 3
"""Whose distance is a picture's reach (Kynkaanniemi et al. 2019, section 3.1)."""
BLOCKS = 20
"""Of pictures, left out one after another."""
CHUNK = 1024


def frechet(first: np.ndarray, second: np.ndarray) -> float:
    """|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) of the means and covariances of rows (n, d) and (m, d).

    With S1 = A'A and S2 = B'B of centred rows the last trace is the sum of the singular values of A B', so that no
    root of a singular matrix is taken.
    """
    sides = []
    for rows in (first, second):
        rows = np.asarray(rows, np.float64)
        centred = (rows - rows.mean(0)) / max(len(rows) - 1, 1) ** 0.5
        sides.append((rows.mean(0), np.linalg.qr(centred, "r") if len(rows) > rows.shape[1] else centred))
    (mean, root), (other, second_root) = sides
    both = np.linalg.svd(root @ second_root.T, compute_uv=False).sum()
    apart = np.square(mean - other).sum()
    return float(max(0.0, apart + np.square(root).sum() + np.square(second_root).sum() - 2 * both))


def reach(points: np.ndarray, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """(n,) squared distance of each row to its k-th nearest other one."""
    out = np.empty(len(points))
    for at in range(0, len(points), CHUNK):
        far = squared(points[at : at + CHUNK], points)
        out[at : at + CHUNK] = np.partition(far, neighbours, 1)[:, neighbours]  # the nearest is the row itself
    return out


def inside(asked: np.ndarray, points: np.ndarray, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """(m,) bool: rows that lie within the reach of any of `points` (equation 1).

    Precision is the share of drawn pictures that lie inside the real ones, recall that of real ones inside the drawn.
    """
    limit = reach(points, neighbours)
    return np.concatenate([
        (squared(asked[at : at + CHUNK], points) <= limit).any(1) for at in range(0, len(asked), CHUNK)
    ])  # fmt: skip


def squared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(m, n) float64 squared distances of rows, never below 0."""
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    square = [np.square(rows).sum(1) for rows in (first, second)]
    return np.maximum(square[0][:, None] + square[1] - 2 * first @ second.T, 0)


def jackknife(
    figure: Callable[[np.ndarray, np.ndarray], float], labels: np.ndarray, group: np.ndarray, level: float = 0.95
) -> Interval:
    """A figure's Student interval from leaving out one block after another (Tukey 1958).

    figure: of the rows, (n,) bool each, that stay of the real and of the drawn pictures, which have these n labels
    both; a block's real pictures, whole groups, go with as many drawn ones.
    """
    n = len(labels)
    blocks = deal(labels, group, [1] * min(BLOCKS, n), rng(0, "blocks"))
    others = deal(labels, np.full(n, "", object), [1] * min(BLOCKS, n), rng(0, "drawn blocks"))
    every = np.ones(n, bool)
    value, names = figure(every, every), np.unique(blocks)
    if len(names) < 2:
        return nothing(n, "one group has no spread to measure", value)
    left = np.array([figure(blocks != one, others != one) for one in names])
    error = ((len(left) - 1) / len(left) * np.square(left - left.mean()).sum()) ** 0.5
    half = quantile(level, len(left) - 1) * error
    return Interval(value, value - half, value + half, n, f"jackknife over {len(left)} blocks")
