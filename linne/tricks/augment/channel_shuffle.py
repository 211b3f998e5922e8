"""channel_shuffle: deal the three colour channels anew (Buslaev et al. 2020, Albumentations, arXiv:1809.06839)."""

import numpy as np

from ._options import chance, picture


def channel_shuffle(image: np.ndarray, rng: np.random.Generator, *, p: float = 0.5) -> np.ndarray:
    """With probability p the channels of `image`, uint8 (H, W, 3), in one of their six orders, all as likely.

    Raises OptionError for a p outside 0..1. A grey picture stays as it is.
    """
    image = picture("channel_shuffle", image)
    if not chance("channel_shuffle", p, rng):
        return image
    out = np.empty_like(image)
    for to, source in enumerate(rng.permutation(3)):
        out[..., to] = image[..., source]
    return out
