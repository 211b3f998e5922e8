import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.rng import rng
from linne.tricks.augment.noise import noise


def test_moments() -> None:
    image = np.full((200, 200, 3), 128, np.uint8)
    values = noise(image, rng(0), std=0.05).astype(float) - 128
    assert abs(values.mean()) < 4 * 12.75 / np.sqrt(values.size)
    assert values.std() == pytest.approx(np.sqrt(12.75**2 + 1 / 12), rel=0.01)  # rounding adds 1/12


def test_no_noise_and_range() -> None:
    image = np.array([[[0, 255, 7]]], np.uint8)
    np.testing.assert_array_equal(noise(image, rng(0), std=0.0), image)
    assert noise(np.full((50, 50, 3), 250, np.uint8), rng(1), std=0.5).max() == 255
    with pytest.raises(OptionError, match="not negative"):
        noise(image, rng(0), std=-1.0)
