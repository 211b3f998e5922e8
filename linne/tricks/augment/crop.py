"""crop: a random square of a picture (Krizhevsky et al. 2012, NeurIPS, section 4.1)."""

import numpy as np

from ...core.errors import OptionError
from ._options import number

MODES = {"reflect": "reflect", "edge": "edge", "black": "constant"}


def crop(
    image: np.ndarray, rng: np.random.Generator, *, side: "int | float" = 0.875, pad: int = 0, fill: str = "reflect"
) -> np.ndarray:
    """A square of `image`, uint8 (H, W, C), at a place drawn evenly.

    side: its length, a share of the shorter side (a number with a point, up to 1.0) or whole pixels. pad: pixels added
    on every side first, filled as `fill` says: "reflect" mirrors, "edge" repeats the edge, "black". Raises OptionError
    for a square larger than the picture with its pad, for a pad that cannot be mirrored, and for a fill without pad.
    """
    short = min(image.shape[:2])
    number("crop", 0, short - 1 if fill == "reflect" else 4096, whole=True, pad=pad)
    if fill not in MODES or (fill != "reflect" and not pad):
        raise OptionError(f"crop: fill={fill!r} with pad={pad}: fill is reflect, edge or black, and needs a pad.")
    length = round(side * short) if isinstance(side, float) and 0 < side <= 1 else side
    if isinstance(length, bool) or not isinstance(length, int) or not 0 < length <= short + 2 * pad:
        raise OptionError(
            f"crop: side={side!r} of a picture {image.shape[1]} x {image.shape[0]} with pad={pad}: allowed are shares "
            f"above 0.0 to 1.0 and whole pixels from 1 to {short + 2 * pad}."
        )
    if pad:
        image = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode=MODES[fill])  # type: ignore[call-overload]
    top, left = (int(rng.integers(whole - length + 1)) for whole in image.shape[:2])
    return image[top : top + length, left : left + length]
