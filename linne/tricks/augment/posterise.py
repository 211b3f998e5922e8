"""posterise: keep only the first bits of every value (Cubuk et al. 2019, AutoAugment, arXiv:1805.09501)."""

import numpy as np

from . import _ops
from ._options import chance, pair, picture


def posterise(
    image: np.ndarray, rng: np.random.Generator, *, bits: tuple[int, int] = (4, 7), p: float = 0.5
) -> np.ndarray:
    """With probability p `image`, uint8 (H, W, 3), with only as many bits a value as a whole number drawn from `bits`.

    bits: fewest and most, both may be drawn, 1 to 8; 8 is the picture. Raises OptionError for others.
    """
    image = picture("posterise", image)
    pair("posterise", 1, 8, whole=True, bits=bits)
    if not chance("posterise", p, rng):
        return image
    return _ops.posterise(image, int(rng.integers(bits[0], bits[1] + 1)))
