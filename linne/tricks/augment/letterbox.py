"""letterbox: the whole picture in the network's size, between bars (Redmon and Farhadi 2018, arXiv:1804.02767)."""

from typing import Any

import numpy as np
from PIL import Image

from ._options import colour, number, paint, picture


def letterbox(image: np.ndarray, size: int, *, fill: Any = 128) -> np.ndarray:
    """(size, size, 3) uint8: `image`, uint8 (H, W, 3), its longer side brought to size, antialiased bicubic.

    fill: the bars' colour, "mean" that of the picture, a number a grey of 0..255, or three numbers.
    Raises OptionError for others.
    """
    image = picture("letterbox", image)
    number("letterbox", 1, 4096, whole=True, size=size)
    high, wide = image.shape[:2]
    across, down = (max(round(size * side / max(high, wide)), 1) for side in (wide, high))
    out = np.empty((size, size, 3), np.uint8)
    paint(out, slice(None), slice(None), colour("letterbox", image, fill))
    top, left = (size - down) // 2, (size - across) // 2
    small = Image.fromarray(image).resize((across, down), Image.Resampling.BICUBIC)
    out[top : top + down, left : left + across] = np.asarray(small)
    return out
