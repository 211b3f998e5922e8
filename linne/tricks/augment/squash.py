"""squash: the whole picture in the network's square size, its aspect lost (Girshick et al. 2014, arXiv:1311.2524)."""

import numpy as np
from PIL import Image

from ._options import number, picture


def squash(image: np.ndarray, size: int) -> np.ndarray:
    """(size, size, 3) uint8: `image`, uint8 (H, W, 3), each side resized by itself, antialiased bicubic."""
    image = picture("squash", image)
    number("squash", 1, 4096, whole=True, size=size)
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC))
