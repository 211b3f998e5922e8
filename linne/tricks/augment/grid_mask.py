"""grid_mask: cover squares that lie in a grid (Chen et al. 2020, GridMask, arXiv:2001.04086, section 3)."""

from typing import Any

import numpy as np

from ._options import chance, colour, number, pair, picture


def grid_mask(
    image: np.ndarray, rng: np.random.Generator, *, period: tuple[float, float] = (0.43, 1.0), keep: float = 0.6,
    p: float = 0.8, fill: Any = "mean",
) -> np.ndarray:  # fmt: skip
    """With probability p `image`, uint8 (H, W, 3), with a square covered in every cell of a grid.

    period: the cells' side, drawn evenly, as shares of the shorter side, 0.01 to 2; the paper's 96 to 224 of 224. keep:
    share of a cell's side that stays, 0 to 1, so 1 - (1 - keep)^2 of the picture does. The grid's place is drawn
    evenly. fill: "mean" is the picture's mean colour, a number a grey of 0..255, or three numbers. Raises OptionError.
    """
    image = picture("grid_mask", image)
    pair("grid_mask", 0.01, 2, period=period)
    number("grid_mask", 0, 1, keep=keep)
    plain = colour("grid_mask", image, fill)
    if not chance("grid_mask", p, rng):
        return image
    side = max(round(rng.uniform(*period) * min(image.shape[:2])), 1)
    gone = round(side * (1 - keep))
    rows, columns = ((np.arange(whole) + int(rng.integers(side))) % side < gone for whole in image.shape[:2])
    out = image.copy()
    out[np.ix_(rows, columns)] = plain
    return out
