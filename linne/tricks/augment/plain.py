"""plain: what nearly every recipe begins with: a random part or move, and mirrored half of the time (He et al. 2016).

Szegedy et al. 2015 (arXiv:1409.4842, section 6) for photographs; He et al. (arXiv:1512.03385, 4.2) for small pictures.
"""

import numpy as np

from ...core.errors import OptionError
from ._boxes import cut
from ._options import chance, pair, picture

SMALL = 64
"""Sides up to this are moved, not cut."""
AREA, RATIO = (0.35, 1.0), (3 / 4, 4 / 3)


def plain(
    image: np.ndarray, rng: np.random.Generator, size: int, *, area: tuple[float, float] = AREA, p: float = 0.5
) -> np.ndarray:
    """`image`, uint8 (H, W, 3), mirrored left to right with probability p, and a part of it.

    Where the network's side `size` is above 64: (size, size, 3), a box with a share of the picture drawn evenly from
    `area` (0.001 to 1) and a width of 3/4 to 4/3 its height, by antialiased bilinear weights. Up to 64: same size out,
    moved by whole pixels up to an eighth of the shorter side both ways, what comes in mirrored. Raises
    OptionError for others, and for an area that has no effect there.
    """
    image = picture("plain", image)
    pair("plain", 0.001, 1, area=area)
    if size <= SMALL and tuple(area) != AREA:
        raise OptionError(f"plain: area={area!r} has no effect at size {size}, where pictures are moved. Drop it.")
    out = cut(image, rng, size, area, RATIO) if size > SMALL else _moved(image, rng)
    return out[:, ::-1] if chance("plain", p, rng) else out


def _moved(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    high, wide = image.shape[:2]
    most = min(high, wide) // 8
    top, left = (int(at) for at in rng.integers(0, 2 * most + 1, 2))
    padded = np.pad(image, ((most, most), (most, most), (0, 0)), mode="reflect")
    return padded[top : top + high, left : left + wide]
