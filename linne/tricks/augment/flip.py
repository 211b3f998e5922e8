"""flip: mirror a picture left to right half of the time (Krizhevsky et al. 2012, NeurIPS, section 4.1)."""

import numpy as np

from ...core.errors import OptionError


def flip(image: np.ndarray, rng: np.random.Generator, *, p: float = 0.5, vertical: bool = False) -> np.ndarray:
    """Mirror `image`, uint8 (H, W, C), with probability p; top to bottom where `vertical`.

    Raises OptionError for a p outside 0..1.
    """
    if not 0 <= p <= 1:
        raise OptionError(f"flip: p is a probability between 0 and 1, got {p}.")
    if rng.random() >= p:
        return image
    return image[::-1] if vertical else image[:, ::-1]
