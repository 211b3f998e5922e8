"""grey: take the colour away from some pictures (Chen et al. 2020, SimCLR, arXiv:2002.05709, appendix A)."""

import numpy as np

from . import _ops
from ._options import chance, picture


def grey(image: np.ndarray, rng: np.random.Generator, *, p: float = 0.2) -> np.ndarray:
    """With probability p the luma (ITU-R 601) of `image`, uint8 (H, W, 3), in all three channels.

    Raises OptionError for a p outside 0..1.
    """
    image = picture("grey", image)
    return _ops.grey(image) if chance("grey", p, rng) else image
