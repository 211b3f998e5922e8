import numpy as np
import pytest
from scipy.interpolate import BSpline
from scipy.ndimage import map_coordinates

from linne.core.rng import rng
from linne.tricks.augment.elastic import _basis, elastic

HIGH, WIDE, KNOTS, STD = 90, 120, 4, 0.03


def test_weights_are_the_cubic_b_spline_s() -> None:
    at = np.linspace(0, 1, 41)
    for knots in (1, 4, 7):
        line = np.arange(-3, knots + 4)
        known = np.stack([BSpline(line, row, 3)(at * knots) for row in np.eye(knots + 3)], 1)
        np.testing.assert_allclose(_basis(at, knots), known, atol=1e-12)


def test_places_are_those_of_scipy_s_spline() -> None:
    """A smooth picture sampled by scipy where the spline says, from the same control points."""
    y, x = np.mgrid[:HIGH, :WIDE]
    smooth = np.stack([128 + 100 * np.sin(x / 9), 128 + 100 * np.cos(y / 7), (x + y) % 200], -1)[..., :2]
    image = np.concatenate([smooth, np.zeros((HIGH, WIDE, 1))], -1).round().astype(np.uint8)
    line = np.arange(-3, KNOTS + 4)
    down, across = (
        BSpline(line, np.eye(KNOTS + 3), 3)((np.arange(side) + 0.5) / side * KNOTS) for side in (HIGH, WIDE)
    )
    for seed in range(3):
        moves = rng(seed).standard_normal((2, KNOTS + 3, KNOTS + 3)) * STD
        right, low = (down @ move @ across.T * side for move, side in zip(moves, (WIDE, HIGH), strict=True))
        for channel in (0, 1):
            known = map_coordinates(image[..., channel].astype(float), [y + low, x + right], order=1, mode="nearest")
            gap = np.abs(elastic(image, rng(seed), std=STD, knots=KNOTS)[..., channel] - known)
            assert gap.mean() < 0.7, "half a level is lost to whole numbers"
            assert gap.max() < 3, "cells of a fifth of a span: places off by 0.05 std, 0.18 pixels of up to 14 levels"


def test_nothing_comes_from_outside() -> None:
    image = np.full((50, 70, 3), 200, np.uint8)
    for seed in range(10):
        assert (elastic(image, rng(seed), std=0.2) == 200).all()


@pytest.mark.parametrize("knots", [1, 6])
def test_moves_grow_with_std(knots: int) -> None:
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8)[None, :, None], (50, 200, 3)).copy()

    def spread(std: float) -> float:
        moved = [elastic(ramp, rng(seed), std=std, knots=knots)[10:40, 80:120].astype(float) for seed in range(40)]
        return float(np.std(np.array(moved) - ramp[10:40, 80:120]))

    assert spread(0.04) / spread(0.02) == pytest.approx(2, rel=0.1)
