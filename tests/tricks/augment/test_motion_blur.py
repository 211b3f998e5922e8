import numpy as np
import pytest
from scipy.ndimage import convolve

from linne.core.rng import rng
from linne.tricks.augment.motion_blur import _kernel, motion_blur

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


def moments(kernel: np.ndarray) -> np.ndarray:
    y, x = np.indices(kernel.shape) - len(kernel) // 2
    return np.array(
        [[(kernel * x * x).sum(), (kernel * x * y).sum()], [(kernel * x * y).sum(), (kernel * y * y).sum()]]
    )


@pytest.mark.parametrize("length", [0.3, 1.0, 4.0, 9.0, 20.5])
@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, 2.2, 3.1])
def test_weights_are_those_of_a_line(length: float, angle: float) -> None:
    """Mass 1, centre 0, variance length^2 / 12 along the way; sharing with four pixels adds at most 1/4 both ways."""
    kernel = _kernel(length, angle).astype(float)
    assert len(kernel) % 2 == 1
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    y, x = np.indices(kernel.shape) - len(kernel) // 2
    assert (kernel * x).sum() == pytest.approx(0, abs=1e-5)
    assert (kernel * y).sum() == pytest.approx(0, abs=1e-5)
    way = np.array([np.cos(angle), -np.sin(angle)])
    across = np.array([np.sin(angle), np.cos(angle)])
    along = way @ moments(kernel) @ way
    assert -0.08 < along - length**2 / 12 < 0.3
    assert -1e-6 < across @ moments(kernel) @ across < 0.3


def test_is_scipy_s_convolution_of_a_drawn_kernel() -> None:
    for seed in range(6):
        draw = rng(seed)
        length, angle = draw.uniform(0, 12), draw.uniform(0, np.pi)
        known = convolve(IMAGE.astype(float), _kernel(length, angle)[::-1, ::-1, None].astype(float), mode="nearest")
        gap = np.abs(motion_blur(IMAGE, rng(seed), 40, most=12, p=1) - known)
        assert gap.max() < 0.51


def test_a_share_p() -> None:
    changed = sum(not np.array_equal(motion_blur(IMAGE, rng(seed), 40, p=0.3), IMAGE) for seed in range(300))
    assert abs(changed - 90) < 4 * np.sqrt(300 * 0.3 * 0.7)
