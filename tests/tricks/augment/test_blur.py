import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from linne.core.rng import rng
from linne.tricks.augment.blur import blur

POINT = np.zeros((101, 101, 3), np.uint8)
POINT[48:53, 48:53] = 255
"""A square of 5, whose own variance along a side is 2."""


def variance(image: np.ndarray) -> float:
    line = image[..., 0].astype(float).sum(0)
    at = np.arange(len(line))
    mean = (line @ at) / line.sum()
    return float(line @ (at - mean) ** 2 / line.sum())


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 4.0])
def test_widths_add_up(sigma: float) -> None:
    out = blur(POINT, rng(0), 101, least=sigma, most=sigma, p=1)
    assert variance(out) == pytest.approx(2 + sigma**2, rel=0.08)
    assert out[..., 0].sum() == pytest.approx(25 * 255, rel=0.06)


@pytest.mark.parametrize("sigma", [1.0, 2.5])
def test_is_nearly_scipy_s_gaussian(sigma: float) -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 70, 3), np.uint8)
    known = gaussian_filter(image.astype(float), (sigma, sigma, 0), mode="nearest")
    gap = np.abs(blur(image, rng(0), 60, least=sigma, most=sigma, p=1) - known)
    inside = slice(int(3 * sigma) + 1, -int(3 * sigma) - 1)
    assert gap[inside, inside].max() < 4, "three boxes are not quite a Gaussian"
    assert gap[inside, inside].mean() < 1
    assert gap.mean() < 1, "at the edges each box repeats what the one before has made"


def test_a_width_is_of_the_network_s_input() -> None:
    """A picture twice as large as the input is blurred twice as wide."""
    large = blur(POINT, rng(0), 50, least=2, most=2, p=1)
    np.testing.assert_array_equal(large, blur(POINT, rng(0), 101, least=2 * 101 / 50, most=2 * 101 / 50, p=1))


def test_widths_are_even_and_a_share_p_is_blurred() -> None:
    outs = [blur(POINT, rng(seed), 101, least=1, most=3, p=0.6) for seed in range(400)]
    done = [out for out in outs if not np.array_equal(out, POINT)]
    assert abs(len(done) - 240) < 4 * np.sqrt(400 * 0.24)
    widths = np.sqrt([variance(out) - 2 for out in done])
    assert widths.min() > 0.9
    assert widths.max() < 3.1
    assert widths.mean() == pytest.approx(2, abs=0.15)
