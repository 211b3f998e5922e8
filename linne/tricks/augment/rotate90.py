"""rotate90: turn a picture by quarters of a circle (Cohen and Welling 2016, arXiv:1602.07576, section 4, p4)."""

import numpy as np

from ...core.errors import OptionError

TURNS = (0, 90, 180, 270)


def rotate90(image: np.ndarray, rng: np.random.Generator, *, degrees: "tuple[int, ...]" = TURNS) -> np.ndarray:
    """Turn `image`, uint8 (H, W, C), counter-clockwise by one of `degrees`, all as likely; no pixel is computed anew.

    A quarter turn swaps height and width. degrees: any of 0, 90, 180 and 270, or one of them. Raises OptionError for
    others. Not for classes that a turn changes: 6 and 9, arrows.
    """
    turns = degrees if isinstance(degrees, (tuple, list)) else (degrees,)
    if not turns or any(turn not in TURNS for turn in turns):
        raise OptionError(f"rotate90: degrees are any of 0, 90, 180 and 270, got {degrees!r}. For others: rotate.")
    return np.rot90(image, turns[rng.integers(len(turns))] // 90)
