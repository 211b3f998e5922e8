"""hue: turn all colours round the colour circle by one random angle (Szegedy et al. 2016, arXiv:1512.00567, code)."""

import numpy as np

from . import _ops
from ._options import number, picture


def hue(image: np.ndarray, rng: np.random.Generator, *, most: float = 0.1) -> np.ndarray:
    """`image`, uint8 (H, W, 3), its hue moved by an even draw from -most to most of the circle, in HSV of 8 bits.

    most: 0 to 0.5, the opposite colour. Raises OptionError for others. As torchvision's adjust_hue of a Pillow image;
    most=0 draws and changes nothing. A grey picture stays as it is.
    """
    image = picture("hue", image)
    number("hue", 0, 0.5, most=most)
    turn = rng.uniform(-most, most)
    return _ops.hue(image, turn) if turn else image
