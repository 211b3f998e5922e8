"""erase: cover a box of random shape (Zhong et al. 2020, Random Erasing, arXiv:1708.04896, algorithm 1)."""

from typing import Any

import numpy as np

from ._boxes import box
from ._options import chance, colour, paint, pair, picture


def erase(
    image: np.ndarray, rng: np.random.Generator, *, p: float = 0.5, area: tuple[float, float] = (0.02, 0.4),
    ratio: tuple[float, float] = (0.3, 1 / 0.3), fill: Any = "noise",
) -> np.ndarray:  # fmt: skip
    """With probability p `image`, uint8 (H, W, 3), with a box filled.

    area: the box's share of the picture, drawn evenly, 0.001 to 1. ratio: its width over its height, 0.05 to 20, drawn
    log-evenly (the paper draws evenly, which makes lying boxes likelier than standing ones). fill: "noise" draws each
    value evenly from 0..255, "mean" is the picture's mean colour, a number a grey, or three numbers. After ten boxes
    that do not fit the picture stays as it is. Raises OptionError for others.
    """
    image = picture("erase", image)
    pair("erase", 0.001, 1, area=area)
    pair("erase", 0.05, 20, ratio=ratio)
    plain = None if isinstance(fill, str) and fill == "noise" else colour("erase", image, fill)
    if not chance("erase", p, rng) or (part := box(image.shape, rng, area, ratio)) is None:
        return image
    out = image.copy()
    if plain is None:
        out[part] = np.frombuffer(rng.bytes(out[part].size), np.uint8).reshape(out[part].shape)
    else:
        paint(out, *part, plain)
    return out
