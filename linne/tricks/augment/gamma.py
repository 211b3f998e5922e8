"""gamma: darker or lighter middle tones by a random power (Poynton 2012, Digital Video and HD, chapter 27)."""

import numpy as np

from ._ops import tabled
from ._options import number, picture


def gamma(image: np.ndarray, rng: np.random.Generator, *, most: float = 1.5) -> np.ndarray:
    """`image`, uint8 (H, W, 3), v to 255 (v / 255)^g; black and white stay. g is drawn log-evenly from 1/most to most.

    most: 1 to 10. Raises OptionError for others. Cut to whole numbers as torchvision's adjust_gamma of a Pillow image.
    """
    image = picture("gamma", image)
    number("gamma", 1, 10, most=most)
    power = np.exp(rng.uniform(-np.log(most), np.log(most)))
    return tabled(image, np.floor(255.999 * (np.arange(256) / 255) ** power))
