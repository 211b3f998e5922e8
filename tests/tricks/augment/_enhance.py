"""What brightness, contrast, saturation and sharpen share: factors even around 1, each picture Pillow's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from scipy.stats import kstest

from linne.core.rng import rng

IMAGE = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
FACTORS = np.linspace(0, 2, 401)


class End:
    """A generator whose every draw is the upper end."""

    def uniform(self, low: float, high: float) -> float:
        return high


def proved(trick: Callable[..., np.ndarray], pillow: Any) -> None:
    """Both ends are Pillow's to the last bit, and the factors, read back from the pictures, are even."""
    known = np.stack([np.asarray(pillow(Image.fromarray(IMAGE)).enhance(f)).astype(int) for f in FACTORS])
    np.testing.assert_array_equal(trick(IMAGE, End(), most=1), known[-1])
    np.testing.assert_array_equal(trick(IMAGE, End(), most=0.5), known[300])
    drawn = [FACTORS[np.abs(known - trick(IMAGE, rng(seed), most=0.6)).sum((1, 2, 3)).argmin()] for seed in range(200)]
    assert kstest(np.array(drawn), "uniform", (0.4, 1.2)).pvalue > 1e-3
