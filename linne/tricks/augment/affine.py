"""affine: turn, move, zoom and shear a picture at once (Simard et al. 2003, ICDAR, "Best practices", section 2)."""

from typing import Any

import numpy as np

from . import _ops
from ._options import colour, number, picture


def affine(
    image: np.ndarray, rng: np.random.Generator, *, degrees: float = 15.0, shift: float = 0.1, scale: float = 0.1,
    shear: float = 10.0, fill: Any = "mean",
) -> np.ndarray:  # fmt: skip
    """`image`, uint8 (H, W, 3), under a random affine map about its centre, bilinear, same size out.

    Drawn evenly: the angle from -degrees..degrees (up to 180); the move from -shift..shift of each side (up to 1); the
    zoom from 1 - scale..1 + scale (scale up to 0.9); the lean of vertical and of horizontal lines, each from
    -shear..shear degrees (up to 45). 0 leaves one out. fill: what comes in, "mean" the picture's mean colour, a number
    a grey of 0..255, or three numbers. Raises OptionError for values outside these.
    """
    image = picture("affine", image)
    number("affine", 0, 180, degrees=degrees)
    number("affine", 0, 1, shift=shift)
    number("affine", 0, 0.9, scale=scale)
    number("affine", 0, 45, shear=shear)
    angle, right, down, zoom, lean, tilt = rng.uniform(-1, 1, 6)
    high, wide = image.shape[:2]
    inverse = _ops.affine(
        image.shape, angle * degrees, (right * shift * wide, down * shift * high), 1 + zoom * scale,
        (lean * shear, tilt * shear),
    )  # fmt: skip
    return _ops.warp(image, inverse, colour("affine", image, fill))
