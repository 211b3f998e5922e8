"""three: grey, solarise or blur, then colour jitter (Touvron et al. 2022, DeiT III, arXiv:2204.07118, 3-Augment)."""

import numpy as np
from PIL import Image, ImageFilter

from . import _ops
from ._options import number, picture

JITTER = (_ops.brightness, _ops.contrast, _ops.saturation)


def three(image: np.ndarray, rng: np.random.Generator, size: int, *, jitter: float = 0.3) -> np.ndarray:
    """`image`, uint8 (H, W, 3), under one of three, all as likely, then brightness, contrast and saturation.

    The three: grey; values of 128 and above turned into their negative; a Gaussian blur of 0.1 to 2 pixels of the
    network's input, whose side `size` is what the shorter side becomes. jitter: the three factors, in an order drawn
    evenly, come evenly from 1 - jitter to 1 + jitter, 0 to 1. The paper adds a flip and a crop. Raises OptionError.
    """
    image = picture("three", image)
    number("three", 0, 1, jitter=jitter)
    which = int(rng.integers(3))
    if which == 2:
        radius = rng.uniform(0.1, 2) * min(image.shape[:2]) / size
        image = np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))
    else:
        image = _ops.solarise(image, 128) if which else _ops.grey(image)
    for place in rng.permutation(3) if jitter else ():
        image = JITTER[place](image, rng.uniform(1 - jitter, 1 + jitter))
    return image
