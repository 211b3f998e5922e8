"""Which pairs of pictures may be twins: close hashes of either way round, and neighbours in features."""

from collections.abc import Iterator

import numpy as np

from linne.core.facts import Facts
from linne.core.rng import rng

from ._hash import MIRROR, close, nearest, pack, phash

RADIUS, WIDE = 14, 18
"""Bits of 64 in which perceptual hashes, and signs of projected features, of candidates may differ."""
MIDDLE = 0.03
"""Share cut off each side for the second hash: it lifts the share of 5 % crops met on clothing from 0.93 to 0.97."""
MOST = 200_000
"""About so many candidates: the nearest 16 of each picture, 3 where there are many pictures."""
PART = 4096


def candidates(facts: Facts, rows: np.ndarray, features: np.ndarray | None = None) -> np.ndarray:
    """(m, 3) int64: pairs of `rows`, a < b, that may be twins, and 1 where b is to be mirrored.

    features: (n, d): neighbours in them are candidates too, both ways round.
    """
    codes = [phash(facts.thumbs, rows), phash(facts.thumbs, rows, MIDDLE)]
    most = int(np.clip(MOST // max(len(rows), 1), 3, 16))
    found = close(codes, [code ^ MIRROR for code in codes], RADIUS, most)
    if features is not None:
        alike = _alike(features, rows)
        found = np.unique(np.concatenate([found, alike, alike + np.array([0, 0, 1])]), axis=0)
    return np.column_stack([rows[found[:, 0]], rows[found[:, 1]], found[:, 2]])


def _alike(features: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(m, 3): of each picture the three nearest by the cosine of centred features, among the eight by their signs.

    The signs of 64 random projections differ the more the wider the angle (Charikar 2002).
    """
    planes = rng("simhash", features.shape[1]).standard_normal((features.shape[1], 64)).astype(np.float32)
    projected = np.empty((len(rows), 64), np.float32)
    mean = np.zeros(features.shape[1], np.float32)
    for part, values in _parts(features, rows):
        projected[part] = values @ planes
        mean += values.sum(axis=0) / len(rows)
    found = close([pack(projected > mean @ planes)], [], WIDE, 8)
    cosine = np.empty(len(found))
    for (part, first), (_, second) in zip(*(_parts(features, rows[found[:, side]]) for side in (0, 1)), strict=True):
        a, b = first - mean, second - mean
        cosine[part] = (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1) + 1e-12)
    return found[nearest(found[:, :2], -cosine, 3) & (cosine > 0.5)]


def _parts(features: np.ndarray, rows: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """These rows of the features a part at a time; 0 for what is not known."""
    for start in range(0, len(rows), PART):
        part = slice(start, start + PART)
        yield part, np.nan_to_num(np.asarray(features[rows[part]], np.float32))
