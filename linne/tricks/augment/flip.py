"""flip: mirror a picture left to right half of the time (Krizhevsky et al. 2012, NeurIPS, section 4.1)."""

import numpy as np

from ...core.errors import OptionError


def flip(
    image: np.ndarray, rng: np.random.Generator, epoch: int = 0, content: bytes = b"\0", *, p: float = 0.5,
    vertical: bool = False, alternate: bool = False,
) -> np.ndarray:  # fmt: skip
    """Mirror `image`, uint8 (H, W, C), with probability p; top to bottom where `vertical`.

    alternate: instead of by chance, in every other epoch, half of all pictures (by their content's first bit) in the
    even ones (Jordan 2024, arXiv:2404.00498, section 3.6). Raises OptionError for a p outside 0..1, or with alternate.
    """
    if not 0 <= p <= 1:
        raise OptionError(f"flip: p is a probability between 0 and 1, got {p}.")
    if alternate and p != 0.5:
        raise OptionError(f"flip: p={p} has no effect with alternate. Drop one of the two.")
    if (content[0] & 1) == (epoch & 1) if alternate else rng.random() >= p:
        return image
    return image[::-1] if vertical else image[:, ::-1]
