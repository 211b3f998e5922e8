"""five_crop: the corners and the centre in turn, or all ten with mirror images (Krizhevsky et al. 2012, 4.1)."""

import numpy as np

from ._boxes import resized
from ._options import number, picture


def five_crop(
    image: np.ndarray, size: int, epoch: int = 0, content: bytes = b"\0", *, share: float = 0.875, mirror: bool = False
) -> np.ndarray:
    """(size, size, 3) uint8: a square of `image`, uint8 (H, W, 3), at one of its corners or its centre, resized.

    In five epochs every one comes once, in ten each of them mirrored too where `mirror`; with which a picture begins,
    its content says. share: the square's side, of the shorter side, above 0.1 to 1. Raises OptionError for others.
    """
    image = picture("five_crop", image)
    number("five_crop", 0.1, 1, share=share)
    high, wide = image.shape[:2]
    side = max(round(share * min(high, wide)), 1)
    turn = (epoch + content[0]) % (10 if mirror else 5)
    tops, lefts = (0, 0, high - side, high - side), (0, wide - side, 0, wide - side)
    corner = turn % 5
    top, left = (tops[corner], lefts[corner]) if corner < 4 else ((high - side) // 2, (wide - side) // 2)
    part = image[top : top + side, left : left + side]
    part = resized(part, size) if side != size else part
    return part[:, ::-1] if turn >= 5 else part
