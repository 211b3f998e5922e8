"""blur: smooth a picture with a Gaussian of random width (Chen et al. 2020, SimCLR, arXiv:2002.05709, appendix A)."""

import numpy as np
from PIL import Image, ImageFilter

from ._options import chance, number, picture


def blur(
    image: np.ndarray, rng: np.random.Generator, size: int, *, least: float = 0.1, most: float = 2.0, p: float = 0.5
) -> np.ndarray:
    """With probability p `image`, uint8 (H, W, 3), blurred by a width drawn evenly from least to most; edges repeat.

    least, most: the Gaussian's standard deviation, 0 to 50, in pixels of the network's input, whose side `size` is
    what the shorter side of the picture becomes. Three box filters with the Gaussian's variance (Gwosdek et al. 2011),
    as Pillow's GaussianBlur. Raises OptionError for others.
    """
    image = picture("blur", image)
    number("blur", 0, 50, least=least)
    number("blur", least, 50, most=most)
    if not chance("blur", p, rng):
        return image
    radius = rng.uniform(least, most) * min(image.shape[:2]) / size
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))
