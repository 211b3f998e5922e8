"""pad_square: bars on two sides make a picture square (Krizhevsky et al. 2012 cut instead; see also letterbox)."""

from typing import Any

import numpy as np

from ._options import colour, paint, picture, word


def pad_square(image: np.ndarray, rng: np.random.Generator, *, fill: Any = "mean", place: str = "centre") -> np.ndarray:
    """(S, S, 3) uint8, S the longer side: `image`, uint8 (H, W, 3), between bars.

    fill: the bars' colour, "mean" that of the picture, a number a grey of 0..255, or three numbers. place: "centre", or
    "random" for a place drawn evenly. Raises OptionError for others.
    """
    image = picture("pad_square", image)
    word("pad_square", ("centre", "random"), place=place)
    high, wide = image.shape[:2]
    side = max(high, wide)
    room = 2 * side - high - wide
    start = int(rng.integers(room + 1)) if place == "random" else room // 2
    top, left = (start, 0) if high < wide else (0, start)
    out = np.empty((side, side, 3), np.uint8)
    paint(out, slice(None), slice(None), colour("pad_square", image, fill))
    out[top : top + high, left : left + wide] = image
    return out
