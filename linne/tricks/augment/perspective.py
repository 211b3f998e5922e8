"""perspective: see a picture from a slant (Hartley and Zisserman 2004, section 4.1: a homography of four corners)."""

from typing import Any

import numpy as np

from ._ops import warp
from ._options import chance, colour, number, picture


def perspective(
    image: np.ndarray, rng: np.random.Generator, *, strength: float = 0.3, p: float = 0.5, fill: Any = "mean"
) -> np.ndarray:
    """With probability p each corner of `image`, uint8 (H, W, 3), moves inwards by shares of half a side; bilinear.

    strength: the greatest share, 0 to 0.9; both coordinates of each corner are drawn evenly from 0..strength. fill:
    what comes in, "mean" the picture's mean colour, a number a grey of 0..255, or three numbers. Raises OptionError for
    others.
    """
    image = picture("perspective", image)
    number("perspective", 0, 0.9, strength=strength)
    if not chance("perspective", p, rng) or strength == 0:
        return image
    sides = np.array(image.shape[1::-1], float)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * sides
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * rng.uniform(0, strength, (4, 2)) * sides / 2
    return warp(image, _homography(corners + inwards, corners), colour("perspective", image, fill))


def _homography(start: np.ndarray, end: np.ndarray) -> list[float]:
    """The eight numbers of the projective map that takes four points (4, 2) to four others."""
    (x, y), (u, v), one, none = start.T, end.T, np.ones(4), np.zeros((4, 3))
    across = np.column_stack([x, y, one, none, -u * x, -u * y])
    down = np.column_stack([none, x, y, one, -v * x, -v * y])
    return np.linalg.solve(np.concatenate([across, down]), np.concatenate([u, v])).tolist()
