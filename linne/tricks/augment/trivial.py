"""trivial: one operation of any magnitude (Mueller and Hutter 2021, TrivialAugment Wide, arXiv:2103.10158)."""

from typing import Any

import numpy as np

from ._options import picture, settled
from ._policy import apply, space, strength

BINS = 31


def trivial(image: np.ndarray, rng: np.random.Generator, *, fill: Any = "mean", smooth: bool = False) -> np.ndarray:
    """`image`, uint8 (H, W, 3), under one of 14 operations, its magnitude one of 31, both drawn evenly.

    fill: what comes in at the sides, "mean" the picture's mean colour, a grey of 0..255, or three numbers. smooth:
    bilinear instead of the nearest pixel. Operations and the wide strengths as torchvision's TrivialAugmentWide, whose
    shifts go up to 32 pixels whatever the picture's size. Raises OptionError for others.
    """
    image = picture("trivial", image)
    plain = settled("trivial", image, fill)
    steps = space(BINS, shear=0.99, across=32.0, down=32.0, turn=135.0, factor=0.99, bits=(8, 6))
    names = sorted(set(steps) - {"Invert"})
    name = names[rng.integers(len(names))]
    return apply(image, name, strength(steps, name, int(rng.integers(BINS)), rng), plain, smooth)
