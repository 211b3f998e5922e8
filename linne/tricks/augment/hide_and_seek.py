"""hide_and_seek: cover random cells of a grid (Singh and Lee 2017, arXiv:1704.04232, section 3.1)."""

from typing import Any

import numpy as np

from ...core.errors import OptionError
from ._options import colour, number, picture


def hide_and_seek(
    image: np.ndarray, rng: np.random.Generator, *, cells: "int | tuple[int, ...]" = (1, 14, 7, 5, 4), p: float = 0.5,
    fill: Any = "mean",
) -> np.ndarray:  # fmt: skip
    """`image`, uint8 (H, W, 3), in a grid, each cell covered with probability p.

    cells: how many a side, 1 to 64, one or several of which one is drawn; 1 leaves the picture whole. The paper's are
    patches of 16, 32, 44 and 56 pixels of 224, or none. fill: "mean" is the picture's mean colour (the paper's is the
    data's), a number a grey of 0..255, or three numbers. Raises OptionError for others.
    """
    image = picture("hide_and_seek", image)
    number("hide_and_seek", 0, 1, p=p)
    counts = cells if isinstance(cells, (tuple, list)) else (cells,)
    if not counts:
        raise OptionError(f"hide_and_seek: cells={cells!r} names no number. The nearest is 4.")
    for one in counts:
        number("hide_and_seek", 1, 64, whole=True, cells=one)
    count = counts[rng.integers(len(counts))]
    if count == 1:
        return image
    hidden = rng.random((count, count)) < p
    rows, columns = (np.arange(side) * count // side for side in image.shape[:2])
    out = image.copy()
    out[hidden[rows][:, columns]] = colour("hide_and_seek", image, fill)
    return out
