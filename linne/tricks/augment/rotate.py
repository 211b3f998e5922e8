"""rotate: turn a picture by a random angle (Simard et al. 2003, ICDAR, "Best practices", section 2)."""

import numpy as np

from ...core.errors import OptionError
from ._ops import turn
from ._options import colour


def rotate(image: np.ndarray, rng: np.random.Generator, *, degrees: float = 15.0) -> np.ndarray:
    """Turn `image`, uint8 (H, W, 3), about its centre by an angle drawn evenly from -degrees..degrees, same size out.

    Positive angles turn counter-clockwise; corners that come from outside are filled with the picture's mean colour.
    Raises OptionError for degrees outside 0..180.
    """
    if not 0 <= degrees <= 180:
        raise OptionError(f"rotate: degrees lie between 0 and 180, got {degrees}.")
    return turn(np.ascontiguousarray(image), rng.uniform(-degrees, degrees), colour("rotate", image, "mean"))
