"""equalise: make each channel's histogram as even as it goes (Cubuk et al. 2019, AutoAugment, arXiv:1805.09501)."""

import numpy as np

from . import _ops
from ._options import chance, picture


def equalise(image: np.ndarray, rng: np.random.Generator, *, p: float = 0.5) -> np.ndarray:
    """With probability p `image`, uint8 (H, W, 3), each channel equalised by itself, as Pillow's ImageOps.equalize.

    Raises OptionError for a p outside 0..1.
    """
    image = picture("equalise", image)
    return _ops.equalise(image) if chance("equalise", p, rng) else image
