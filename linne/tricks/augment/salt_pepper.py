"""salt_pepper: single pixels become white or black (Gonzalez and Woods 2018, Digital Image Processing, section 5.2)."""

import numpy as np

from ._options import number, picture


def salt_pepper(image: np.ndarray, rng: np.random.Generator, *, share: float = 0.02) -> np.ndarray:
    """Each pixel of `image`, uint8 (H, W, 3), becomes white with probability share / 2, and black with as much.

    share: 0 to 1. Raises OptionError for others.
    """
    image = picture("salt_pepper", image)
    number("salt_pepper", 0, 1, share=share)
    draw = rng.random(image.shape[:2], dtype=np.float32)
    out = image.copy()
    out[draw < share / 2] = 0
    out[draw >= 1 - share / 2] = 255
    return out
