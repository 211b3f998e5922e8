"""brightness: multiply every value by one random factor (Howard 2013, arXiv:1312.5402, section 2.2)."""

import numpy as np

from . import _ops
from ._options import number, picture


def brightness(image: np.ndarray, rng: np.random.Generator, *, most: float = 0.4) -> np.ndarray:
    """`image`, uint8 (H, W, 3), times a factor drawn evenly from 1 - most to 1 + most, clipped to 0..255.

    most: 0 to 1. Raises OptionError for others. Byte for byte Pillow's ImageEnhance.Brightness.
    """
    image = picture("brightness", image)
    number("brightness", 0, 1, most=most)
    return _ops.brightness(image, rng.uniform(1 - most, 1 + most))
