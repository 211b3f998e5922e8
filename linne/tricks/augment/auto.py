"""auto: one of 25 learned pairs of operations (Cubuk et al. 2019, AutoAugment, arXiv:1805.09501, tables 7 to 9)."""

from typing import Any

import numpy as np

from ._options import picture, settled, word
from ._policy import apply, space, strength
from ._tables import TABLES


def auto(
    image: np.ndarray, rng: np.random.Generator, *, table: str = "imagenet", fill: Any = "mean", smooth: bool = False
) -> np.ndarray:
    """`image`, uint8 (H, W, 3), under a pair of operations drawn evenly, each with the probability it was found with.

    table: what it was learned on, "imagenet", "cifar10" or "svhn". fill: what comes in at the sides, "mean" the
    picture's mean colour (torchvision: 0, the authors' ImageNet code: 128), a grey of 0..255, or three numbers. smooth:
    bilinear instead of the nearest pixel. Strengths as torchvision's AutoAugment. Raises OptionError for others.
    """
    image = picture("auto", image)
    word("auto", tuple(TABLES), table=table)
    plain = settled("auto", image, fill)
    high, wide = image.shape[:2]
    steps = space(10, across=150 / 331 * wide, down=150 / 331 * high)
    pairs = TABLES[table]
    for name, p, magnitude in pairs[rng.integers(len(pairs))]:
        if rng.random() < p:
            image = apply(image, name, strength(steps, name, magnitude, rng), plain, smooth)
    return image
