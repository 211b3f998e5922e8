"""scale: zoom in or out about the centre (Simonyan and Zisserman 2015, arXiv:1409.1556, 3.1, scale jittering)."""

from typing import Any

import numpy as np

from ._ops import affine, warp
from ._options import colour, number, picture


def scale(
    image: np.ndarray, rng: np.random.Generator, *, least: float = 0.8, most: float = 1.25, fill: Any = "mean"
) -> np.ndarray:
    """What `image`, uint8 (H, W, 3), shows, larger or smaller by a factor drawn log-evenly; same size out, bilinear.

    least, most: the factor's ends, 0.1 to 10; below 1 what comes in at the sides is `fill`: "mean" is the picture's
    mean colour, a number a grey of 0..255, or three numbers. Raises OptionError for others.
    """
    image = picture("scale", image)
    number("scale", 0.1, 10, least=least)
    number("scale", least, 10, most=most)
    factor = float(np.exp(rng.uniform(np.log(least), np.log(most))))
    return warp(image, affine(image.shape, scale=factor), colour("scale", image, fill))
