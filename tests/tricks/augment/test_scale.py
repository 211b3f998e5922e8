import numpy as np
import pytest
from PIL import Image
from scipy.stats import kstest
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as theirs

from linne.core.rng import rng
from linne.tricks.augment.scale import scale

DISC = ((np.indices((101, 101)) - 50) ** 2).sum(0) < 25**2
DISC = np.repeat((DISC * 255).astype(np.uint8)[..., None], 3, 2)


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.7])
def test_one_factor_is_torchvision_s(factor: float) -> None:
    image = np.random.default_rng(0).integers(0, 256, (37, 50, 3), np.uint8)
    known = theirs.affine(
        Image.fromarray(image), 0, [0, 0], factor, [0, 0], interpolation=InterpolationMode.BILINEAR, fill=[9, 9, 9]
    )
    ours = scale(image, rng(0), least=factor, most=factor, fill=9)
    assert np.abs(ours.astype(int) - known).max() <= 1


def test_factors_are_log_even() -> None:
    """The area of a disc grows with the square of the factor."""
    drawn = []
    for seed in range(400):
        area = scale(DISC, rng(seed), least=0.5, most=1.6, fill=0)[..., 0].sum() / 255
        drawn.append(np.log(np.sqrt(area / (DISC[..., 0].sum() / 255))))
    assert kstest(drawn, "uniform", (np.log(0.5), np.log(1.6 / 0.5))).pvalue > 1e-3


def test_what_comes_in_is_the_mean_colour() -> None:
    out = scale(np.full((20, 20, 3), (9, 80, 200), np.uint8), rng(0), least=0.3, most=0.3)
    assert (out == (9, 80, 200)).all()
