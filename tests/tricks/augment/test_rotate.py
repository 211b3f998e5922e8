import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.rng import rng
from linne.tricks.augment.rotate import rotate


class Fixed:
    """A generator whose every draw is the top of its range."""

    def uniform(self, low: float, high: float) -> float:
        return high


def test_a_quarter_turn_is_counter_clockwise() -> None:
    image = np.random.default_rng(0).integers(0, 255, (31, 31, 3), dtype=np.uint8)
    np.testing.assert_array_equal(rotate(image, Fixed(), degrees=90.0), np.rot90(image))


def test_angles_spread_evenly() -> None:
    """A line through the centre leans by the angle that was drawn."""
    image = np.zeros((101, 101, 3), np.uint8)
    image[50, 50:] = 255
    found = []
    for seed in range(200):
        y, x = np.nonzero(rotate(image, rng(seed), degrees=40.0)[..., 0] > 128)
        found.append(np.degrees(np.arctan2(50 - y.mean(), x.mean() - 50)))
    assert abs(np.mean(found)) < 4 * 80 / np.sqrt(12 * 200)
    assert np.std(found) == pytest.approx(80 / np.sqrt(12), rel=0.15)
    assert max(np.abs(found)) < 42


def test_refuses_other_angles() -> None:
    with pytest.raises(OptionError, match="between 0 and 180"):
        rotate(np.zeros((4, 4, 3), np.uint8), rng(0), degrees=-1)
