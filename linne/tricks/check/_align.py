"""Lays one thumbnail over another by an affine map, many pairs at once, and says how well their fine detail agrees.

Inverse compositional Gauss-Newton (Baker & Matthews 2004, "Lucas-Kanade 20 Years On", section 3.2) on band-passed
pictures from coarse to fine, with the gain between the two set anew in each step.
"""

from functools import cache

import numpy as np

BLOCK = 1 << 16
"""Pixels handled at once: arrays of 256 kB stay in the cache (12 ns a pixel to warp; 21 ns in blocks of 1 MB)."""


def identity(pairs: int) -> np.ndarray:
    """(pairs, 2, 3) float32: maps that change nothing, in coordinates from -1 to 1."""
    return np.tile(np.eye(2, 3, dtype=np.float32), (pairs, 1, 1))


@cache
def blur(side: int, sigma: float) -> np.ndarray:
    """(side, side) float32: multiplies a column to blur it by a Gaussian, its ends mirrored."""
    x = np.arange(side)
    ends = np.stack([x, -1 - x, 2 * side - 1 - x])
    taps = np.exp(-0.5 * ((x[:, None] - ends[:, None]) / sigma) ** 2).sum(axis=0)
    return (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)


@cache
def shrink(full: int, side: int) -> np.ndarray:
    """(side, full) float32: the mean of each full / side neighbours."""
    return np.kron(np.eye(side, dtype=np.float32), np.full((1, full // side), side / full, np.float32))


def band(thumbs: np.ndarray, side: int, low: float, high: float) -> np.ndarray:
    """(B, side, side) float32: detail between two blurs, sigmas in pixels of the result; thumbs (B, n, n)."""
    small = shrink(thumbs.shape[-1], side)
    small = small @ thumbs.astype(np.float32) @ small.T
    near, far = blur(side, low), blur(side, high)
    return near @ small @ near.T - far @ small @ far.T


def even(detail: np.ndarray, sigma: float, floor: float) -> np.ndarray:
    """Detail (B, n, n) over its own local strength (blurred by sigma), so that faint texture counts like an outline.

    floor: grey levels below which detail is noise.
    """
    near = blur(detail.shape[-1], sigma)
    return detail / np.sqrt(near @ (detail * detail) @ near.T + floor * floor)


def warp(detail: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B, n, n) float32: each picture read, bilinearly, where its map (2, 3) sends each pixel; and bool: was inside."""
    count, side, _ = detail.shape
    grid = ((np.arange(side, dtype=np.float32) + 0.5) * (2 / side) - 1)[None]
    where = []
    for row in (0, 1):
        along, down, shift = (maps[:, row, i, None, None] for i in range(3))
        place = along * grid[:, None, :] + down * grid[:, :, None]
        place += shift + 1
        place *= side / 2
        place -= 0.5
        where.append(place)
    x, y = where
    inside = (x >= -0.5) & (x <= side - 0.5) & (y >= -0.5) & (y <= side - 0.5)
    for place in where:
        np.clip(place, 0, side - 1.001, out=place)
    left, top = x.astype(np.int32), y.astype(np.int32)
    x -= left
    y -= top
    left += top * side + np.arange(count, dtype=np.int32)[:, None, None] * (side * side)
    flat = detail.reshape(-1)
    above, below = flat[left], flat[left + side]
    above += (flat[left + 1] - above) * x
    below += (flat[left + (side + 1)] - below) * x
    above += (below - above) * y
    return above, inside


def align(still: np.ndarray, moving: np.ndarray, maps: np.ndarray, steps: int) -> np.ndarray:
    """(B, 2, 3): `maps` improved so that `moving` (B, n, n), read through them, lies on `still` (B, n, n)."""
    count, side, _ = still.shape
    still = still / np.sqrt((still * still).sum(axis=(1, 2), keepdims=True) + 1e-6)
    x = ((np.arange(side, dtype=np.float32) + 0.5) * (2 / side) - 1)[None, None, :]
    down, along = np.gradient(still, 2 / side, axis=(1, 2))
    slopes = np.stack([s * c for s in (along, down) for c in (x, x.swapaxes(1, 2), np.float32(1))], axis=1)
    slopes = slopes.reshape(count, 6, side * side)
    bend = slopes @ slopes.swapaxes(1, 2)
    bend += 1e-3 * np.trace(bend, axis1=1, axis2=2)[:, None, None] * np.eye(6, dtype=np.float32) + 1e-9 * np.eye(6)
    solve = np.linalg.inv(bend).astype(np.float32) @ slopes
    for _ in range(steps):
        seen, inside = warp(moving, maps)
        seen *= inside
        target = still * inside
        gain = np.sqrt((target**2).sum(axis=(1, 2)) / ((seen**2).sum(axis=(1, 2)) + 1e-6))
        seen *= gain[:, None, None]
        seen -= target
        change = (solve @ seen.reshape(count, -1, 1)).reshape(count, 2, 3)
        maps = _compose(maps, change)
    return maps


def agreement(still: np.ndarray, moving: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((B,) correlation where they overlap under these maps, (B,) the root of their two sums of squares there)."""
    seen, inside = warp(moving, maps)
    area = np.maximum(inside.sum(axis=(1, 2)), 1)
    a, b = ((detail - ((detail * inside).sum(axis=(1, 2)) / area)[:, None, None]) * inside for detail in (still, seen))
    both = np.sqrt((a * a).sum(axis=(1, 2)) * (b * b).sum(axis=(1, 2)))
    return (a * b).sum(axis=(1, 2)) / (both + 1e-6), both


def _compose(maps: np.ndarray, change: np.ndarray) -> np.ndarray:
    """maps after the inverse of (identity + change)."""
    count = len(maps)
    last = np.broadcast_to(np.array([[0, 0, 1]], np.float32), (count, 1, 3))
    undo = np.concatenate([change + np.eye(2, 3, dtype=np.float32), last], axis=1)
    return np.concatenate([maps, last], axis=1)[:, :2] @ np.linalg.inv(undo)
