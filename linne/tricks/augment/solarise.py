"""solarise: turn bright values into their negative (Cubuk et al. 2019, AutoAugment, arXiv:1805.09501)."""

import numpy as np

from . import _ops
from ._options import chance, number, picture


def solarise(image: np.ndarray, rng: np.random.Generator, *, threshold: float = 128, p: float = 0.2) -> np.ndarray:
    """With probability p `image`, uint8 (H, W, 3), v to 255 - v where v is at least `threshold`.

    threshold: 0 is the whole negative, 256 the picture. Raises OptionError for others.
    """
    image = picture("solarise", image)
    number("solarise", 0, 256, threshold=threshold)
    return _ops.solarise(image, threshold) if chance("solarise", p, rng) else image
