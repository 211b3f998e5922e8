import numpy as np
import pytest
from scipy.stats import poisson

from linne.core.rng import rng
from linne.tricks.augment.shot import shot


@pytest.mark.parametrize("value", [0, 20, 120])
def test_counts_are_poisson(value: int) -> None:
    """With 51 photons a count is 5 levels, so every value is 5 times a count."""
    out = shot(np.full((200, 200, 3), value, np.uint8), rng(0), photons=51)
    assert (out % 5 == 0).all()
    counts = out.ravel() // 5
    for count in range(int(value / 5) + 3):
        p = poisson.pmf(count, value / 5)
        assert abs((counts == count).mean() - p) < 4.5 * np.sqrt(p * (1 - p) / counts.size) + 1e-12


def test_more_photons_less_noise_and_white_stays_in_range() -> None:
    grey = np.full((100, 100, 3), 128, np.uint8)
    assert shot(grey, rng(0), photons=1e6).astype(float).std() < 0.5
    assert shot(grey, rng(0), photons=60).astype(float).std() == pytest.approx(np.sqrt(255 * 128 / 60), rel=0.05)
    white = shot(np.full((50, 50, 3), 255, np.uint8), rng(0))
    assert white.max() == 255
    assert white.mean() < 255
