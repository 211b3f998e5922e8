"""shift: move a picture by up to some pixels both ways (the pad and crop of He et al. 2016, arXiv:1512.03385, 4.2)."""

import numpy as np

from ...core.errors import OptionError

MODES = {"reflect": "reflect", "zero": "constant"}


def shift(image: np.ndarray, rng: np.random.Generator, *, most: int = 2, fill: str = "reflect") -> np.ndarray:
    """`image`, uint8 (H, W, C), moved down or up and right or left by whole pixels, each from -most to most alike.

    most: 1 or more, below the shorter side. fill: what comes in is mirrored ("reflect") or black ("zero"). Raises
    OptionError for others.
    """
    sides = image.shape[:2]
    if fill not in MODES or not (isinstance(most, int) and 0 < most < min(sides)):
        raise OptionError(
            f"shift(most={most}, fill={fill!r}): whole pixels from 1 to {min(sides) - 1}, and reflect or zero."
        )
    top, left = (int(at) for at in rng.integers(0, 2 * most + 1, 2))
    wide = np.pad(image, ((most, most), (most, most), (0, 0)), mode=MODES[fill])  # type: ignore[call-overload]
    return wide[top : top + sides[0], left : left + sides[1]]
