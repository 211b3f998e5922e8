"""cutout: cover a square of a picture (DeVries and Taylor 2017, arXiv:1708.04552)."""

from typing import Any

import numpy as np

from ._options import colour, number, paint, picture


def cutout(image: np.ndarray, rng: np.random.Generator, *, share: float = 0.5, fill: Any = "mean") -> np.ndarray:
    """`image`, uint8 (H, W, 3), with a square of one colour, whose centre is any pixel, so part of it may be outside.

    share: the square's side as a share of the shorter side, 0 to 2; 0.5 is the paper's 16 of 32 for CIFAR-10, 8 of 32
    for CIFAR-100. fill: "mean" is the picture's mean colour, a number a grey of 0..255, or three numbers. Raises
    OptionError for others.
    """
    image = picture("cutout", image)
    number("cutout", 0, 2, share=share)
    side = round(share * min(image.shape[:2]))
    top, left = (int(rng.integers(whole)) - side // 2 for whole in image.shape[:2])
    out = image.copy()
    rows, columns = (slice(max(start, 0), max(start + side, 0)) for start in (top, left))
    paint(out, rows, columns, colour("cutout", image, fill))
    return out
