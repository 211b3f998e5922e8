"""saturation: stronger or paler colours by one random factor (Howard 2013, arXiv:1312.5402, section 2.2)."""

import numpy as np

from . import _ops
from ._options import number, picture


def saturation(image: np.ndarray, rng: np.random.Generator, *, most: float = 0.4) -> np.ndarray:
    """`image`, uint8 (H, W, 3), each pixel's distance from its grey times an even draw from 1 - most to 1 + most.

    Clipped to 0..255. most: 0 to 1. Raises OptionError for others. Byte for byte Pillow's ImageEnhance.Color; a grey
    picture stays as it is.
    """
    image = picture("saturation", image)
    number("saturation", 0, 1, most=most)
    return _ops.saturation(image, rng.uniform(1 - most, 1 + most))
