"""rand: a few operations of one magnitude (Cubuk et al. 2020, RandAugment, arXiv:1909.13719)."""

from typing import Any

import numpy as np

from ._options import number, picture, settled
from ._policy import apply, space, strength

BINS = 31


def rand(
    image: np.ndarray, rng: np.random.Generator, *, n: int = 2, m: int = 9, fill: Any = "mean", smooth: bool = False
) -> np.ndarray:
    """`image`, uint8 (H, W, 3), under n operations drawn evenly from 14, all of magnitude m.

    n: 1 to 20. m: 0 to 30. fill: what comes in at the sides, "mean" the picture's mean colour, a grey of 0..255, or
    three numbers. smooth: bilinear instead of the nearest pixel. Operations and strengths as torchvision's RandAugment.
    Raises OptionError for others.
    """
    image = picture("rand", image)
    number("rand", 1, 20, whole=True, n=n)
    number("rand", 0, BINS - 1, whole=True, m=m)
    plain = settled("rand", image, fill)
    high, wide = image.shape[:2]
    steps = space(BINS, across=150 / 331 * wide, down=150 / 331 * high)
    names = sorted(set(steps) - {"Invert"})
    for _ in range(n):
        name = names[rng.integers(len(names))]
        image = apply(image, name, strength(steps, name, m, rng), plain, smooth)
    return image
