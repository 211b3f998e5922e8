import numpy as np
import pytest

from linne.core.rng import rng
from linne.tricks.augment.plain import plain

PLACES = np.stack(np.broadcast_arrays(*np.ogrid[:32, :40], 7), -1).astype(np.uint8)
"""Every pixel says where it is."""


def test_small_pictures_are_moved_by_an_eighth_and_mirrored_by_half() -> None:
    moves, mirrored = [], 0
    for seed in range(800):
        out = plain(PLACES, rng(seed), 32)
        assert out.shape == PLACES.shape
        middle = out[10:22, 10:30].astype(int)
        step = middle[0, 1, 1] - middle[0, 0, 1]
        assert abs(step) == 1
        mirrored += step < 0
        right = middle[0, 0, 1] - 10 if step > 0 else 39 - 10 - middle[0, 0, 1]
        moves.append((middle[0, 0, 0] - 10, right))
    assert abs(mirrored - 400) < 4 * np.sqrt(200)
    _, counts = np.unique(moves, axis=0, return_counts=True)
    assert len(counts) == 81
    assert np.abs(moves).max() == 4


def test_photographs_are_cut_and_brought_to_the_size() -> None:
    """The share of the picture that is seen, from the ramp's span: even from 0.35 to 1."""
    ramp = np.stack(np.broadcast_arrays(*np.ogrid[:200, :200], 0), -1).astype(np.uint8)
    shares, mirrored = [], 0
    for seed in range(300):
        out = plain(ramp, rng(seed), 100).astype(int)
        assert out.shape == (100, 100, 3)
        shares.append(np.ptp(out[..., 0]) * np.ptp(out[..., 1]) / 199**2)
        mirrored += out[50, 0, 1] > out[50, -1, 1]
    assert abs(mirrored - 150) < 4 * np.sqrt(75)
    assert min(shares) > 0.31
    assert np.mean(shares) == pytest.approx(0.65, abs=0.06), "boxes that do not fit are drawn again, large ones oftener"
