import numpy as np
from PIL import Image, ImageEnhance
from scipy.stats import kstest

from linne.core.rng import rng
from linne.tricks.augment.sharpen import sharpen

IMAGE = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
FACTORS = np.linspace(0, 2, 401)
KNOWN = [np.asarray(ImageEnhance.Sharpness(Image.fromarray(IMAGE)).enhance(f)).astype(int) for f in FACTORS]


def factor(out: np.ndarray) -> float:
    """The factor whose picture by Pillow is nearest."""
    return float(FACTORS[np.argmin([np.abs(known - out).sum() for known in KNOWN])])


def test_ends_are_pillow_s() -> None:
    class End:
        def uniform(self, low: float, high: float) -> float:
            return high

    np.testing.assert_array_equal(sharpen(IMAGE, End(), most=1), KNOWN[-1])  # type: ignore[arg-type]
    np.testing.assert_array_equal(sharpen(IMAGE, End(), most=0.5), KNOWN[300])  # type: ignore[arg-type]


def test_factors_are_even() -> None:
    drawn = [factor(sharpen(IMAGE, rng(seed), most=0.6)) for seed in range(200)]
    assert kstest(np.array(drawn), "uniform", (0.4, 1.2)).pvalue > 1e-3
