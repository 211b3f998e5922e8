import numpy as np
import pytest
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as theirs

from linne.core.rng import rng
from linne.tricks.augment.affine import affine

RAMP = np.stack(np.broadcast_arrays(*np.ogrid[:100, :100], 0), -1)
RAMP = (RAMP * 2 + 20).astype(np.uint8)
"""Every pixel says where it is: its row in red, its column in green; nothing outside has its blue."""


class Top:
    """A generator whose every draw is the top of its range."""

    def uniform(self, low: float, high: float, size: int) -> np.ndarray:
        return np.full(size, high, float)


def test_the_greatest_of_each_is_torchvision_s() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    known = theirs.affine(
        Image.fromarray(image), 20, [5, 4], 1.25, [8, 8], interpolation=InterpolationMode.BILINEAR, fill=[7, 7, 7]
    )
    ours = affine(image, Top(), degrees=20, shift=0.1, scale=0.25, shear=8, fill=7)  # type: ignore[arg-type]
    assert (ours != np.asarray(known)).mean() < 0.002


def found(seed: int, **options: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the picture's pixels come from: (2, 2) matrix and the centre's source, by least squares on its ramps."""
    still = {"degrees": 0.0, "shift": 0.0, "scale": 0.0, "shear": 0.0}
    out = affine(RAMP, rng(seed), **{**still, **options}, fill=(0, 0, 255))
    y, x = np.nonzero(out[..., 2] == 20)
    source = (out[y, x, :2].astype(float) - 20) / 2
    design = np.column_stack([y - 49.5, x - 49.5, np.ones(len(y))])
    fitted = np.linalg.lstsq(design, source, rcond=None)[0]
    return fitted[:2].T, fitted[2]


@pytest.mark.parametrize("most", [10.0, 90.0])
def test_angles_are_even_and_nothing_else_moves(most: float) -> None:
    drawn = []
    for seed in range(150):
        matrix, _ = found(seed, degrees=most)
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(2), atol=0.03)
        drawn.append(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    assert np.abs(drawn).max() < most + 0.5
    assert abs(np.mean(drawn)) < 4 * most / np.sqrt(3 * 150)
    assert np.std(drawn) == pytest.approx(most / np.sqrt(3), rel=0.15)


def test_zooms_are_even() -> None:
    drawn = [1 / np.sqrt(np.linalg.det(found(seed, scale=0.4)[0])) for seed in range(150)]
    assert min(drawn) > 0.59
    assert max(drawn) < 1.41
    assert np.std(drawn) == pytest.approx(0.4 / np.sqrt(3), rel=0.15)


def test_moves_are_shares_of_the_sides() -> None:
    drawn = np.array([found(seed, shift=0.3)[1] - 49.5 for seed in range(150)])
    assert np.abs(drawn).max() < 30.6
    np.testing.assert_allclose(drawn.std(0), 30 / np.sqrt(3), rtol=0.15)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.3


def test_shears_keep_areas() -> None:
    for seed in range(20):
        matrix, _ = found(seed, shear=30.0)
        assert np.linalg.det(matrix) == pytest.approx(1, abs=0.03)
        assert np.abs(matrix - np.eye(2)).max() > 0.01
