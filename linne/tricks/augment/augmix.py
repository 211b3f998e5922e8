"""augmix: a mean of the picture and of several chains of operations (Hendrycks et al. 2020, arXiv:1912.02781)."""

from typing import Any

import numpy as np

from ._options import number, picture, settled
from ._policy import apply, space, strength

BINS = 10
OWN = ("Brightness", "Color", "Contrast", "Sharpness")
"""Left out by default, as in the paper, where they are among the corruptions that it tests on."""


def augmix(
    image: np.ndarray, rng: np.random.Generator, *, severity: int = 3, width: int = 3, depth: int = 0,
    alpha: float = 1.0, every: bool = False, fill: Any = "mean",
) -> np.ndarray:  # fmt: skip
    """(1 - b) `image` + b times a weighted mean of chains of it, uint8 (H, W, 3); weights and b drawn from Dirichlets.

    severity: magnitudes below it are drawn, 1 to 10. width: chains, 1 to 10. depth: operations a chain, 1 to 10, or 0
    for 1 to 3 drawn evenly. alpha: of Dirichlet and Beta, 0.01 to 100. every: also brightness, colour, contrast and
    sharpness. fill: what comes in at the sides, "mean" the picture's mean colour, a grey of 0..255, or three numbers.
    Strengths as torchvision's AugMix, bilinear. The consistency loss is a method's. Raises OptionError for others.
    """
    image = picture("augmix", image)
    number("augmix", 1, BINS, whole=True, severity=severity, width=width)
    number("augmix", 0, BINS, whole=True, depth=depth)
    number("augmix", 0.01, 100, alpha=alpha)
    plain = settled("augmix", image, fill)
    steps = space(BINS, across=image.shape[1] / 3, down=image.shape[0] / 3, bits=(4, 4))
    names = sorted(set(steps) - {"Invert", "Identity"} - (set() if every else set(OWN)))
    share = rng.beta(alpha, alpha)
    mean = image * np.float32(1 - share)
    for weight in rng.dirichlet([alpha] * width):
        chain = image
        for _ in range(depth or int(rng.integers(1, 4))):
            name = names[rng.integers(len(names))]
            value = strength(steps, name, int(rng.integers(severity)), rng)
            chain = apply(chain, name, value, plain, smooth=True)
        mean += chain * np.float32(share * weight)
    return np.rint(mean).clip(0, 255).astype(np.uint8)
