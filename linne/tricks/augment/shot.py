"""shot: the noise of few photons (Hendrycks and Dietterich 2019, arXiv:1903.12261, shot noise; Schottky 1918)."""

import numpy as np

from ._options import number, picture


def shot(image: np.ndarray, rng: np.random.Generator, *, photons: float = 60.0) -> np.ndarray:
    """Every value of `image`, uint8 (H, W, 3), drawn anew from the Poisson counts of a light as bright, rounded.

    photons: how many a white value stands for, 1 to 1e6; the variance of a value v is 255 v / photons. Clipped to
    0..255. Raises OptionError for others.
    """
    image = picture("shot", image)
    number("shot", 1, 1e6, photons=photons)
    counts = rng.poisson(image * (photons / 255))
    return np.rint(np.minimum(counts * (255 / photons), 255)).astype(np.uint8)
