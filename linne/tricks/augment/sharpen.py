"""sharpen: a sharper or softer picture by one random factor (Cubuk et al. 2019, AutoAugment, arXiv:1805.09501)."""

import numpy as np

from . import _ops
from ._options import number, picture


def sharpen(image: np.ndarray, rng: np.random.Generator, *, most: float = 0.9) -> np.ndarray:
    """`image`, uint8 (H, W, 3), its distance from itself smoothed times an even draw from 1 - most to 1 + most.

    Smoothed over 3 x 3 pixels, so below 1 softer. most: 0 to 1. Raises OptionError for others. Byte for byte Pillow's
    ImageEnhance.Sharpness.
    """
    image = picture("sharpen", image)
    number("sharpen", 0, 1, most=most)
    return _ops.sharpness(image, rng.uniform(1 - most, 1 + most))
