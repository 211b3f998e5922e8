"""resized_crop: a random part of a picture brought to the network's size (Szegedy et al. 2015, arXiv:1409.4842, 6)."""

import numpy as np

from ._boxes import cut
from ._options import pair, picture


def resized_crop(
    image: np.ndarray, rng: np.random.Generator, size: int, *,
    area: tuple[float, float] = (0.08, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> np.ndarray:  # fmt: skip
    """(size, size, 3) uint8: a random box of `image`, uint8 (H, W, 3), resized with antialiased bilinear weights.

    area: its share of the picture, drawn evenly, 0.001 to 1. ratio: its width over its height, drawn log-evenly, 0.05
    to 20. After ten boxes that do not fit, the largest centre box within `ratio`, as torchvision's RandomResizedCrop.
    Raises OptionError for others.
    """
    image = picture("resized_crop", image)
    pair("resized_crop", 0.001, 1, area=area)
    pair("resized_crop", 0.05, 20, ratio=ratio)
    return cut(image, rng, size, area, ratio)
