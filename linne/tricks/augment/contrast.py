"""contrast: move every value away from the mean grey or towards it (Howard 2013, arXiv:1312.5402, section 2.2)."""

import numpy as np

from . import _ops
from ._options import number, picture


def contrast(image: np.ndarray, rng: np.random.Generator, *, most: float = 0.4) -> np.ndarray:
    """`image`, uint8 (H, W, 3), its distance from its mean grey times an even draw from 1 - most to 1 + most, clipped.

    most: 0 to 1. Raises OptionError for others. Byte for byte Pillow's ImageEnhance.Contrast.
    """
    image = picture("contrast", image)
    number("contrast", 0, 1, most=most)
    return _ops.contrast(image, rng.uniform(1 - most, 1 + most))
