"""lighting: shift all pixels along the principal axes of colour (Krizhevsky et al. 2012, NeurIPS, section 4.1)."""

import numpy as np

from ._ops import tabled
from ._options import number, picture, word

VALUES = np.array([0.2175, 0.0188, 0.0045])
AXES = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
"""ImageNet's, of colours in 0..1, as published with fb.resnet.torch; the axes are the columns."""


def lighting(image: np.ndarray, rng: np.random.Generator, *, std: float = 0.1, of: str = "imagenet") -> np.ndarray:
    """`image`, uint8 (H, W, 3), plus one colour: the axes times their spread times N(0, std) each, clipped to 0..255.

    std: 0 to 10. of: whose axes and spread, "imagenet" or this "picture"'s own, whose spread is the deviation along
    each axis (the paper's eigenvalues would depend on the unit). Raises OptionError for others.
    """
    image = picture("lighting", image)
    number("lighting", 0, 10, std=std)
    word("lighting", ("imagenet", "picture"), of=of)
    spread, axes = (VALUES, AXES) if of == "imagenet" else _own(image)
    change = axes @ (spread * rng.normal(0, std, 3)) * 255
    return tabled(image, np.clip(np.rint(np.arange(256) + change[:, None]), 0, 255))


def _own(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread, axes = np.linalg.eigh(np.cov(image.reshape(-1, 3).T / 255, bias=True))
    return np.sqrt(np.maximum(spread, 0)), axes
