"""shortcut: the pictures of one class are saved in another way than the rest, which tells it without a look."""

import numpy as np
from PIL import Image

from linne.core.errors import OptionError
from linne.core.images import Images

from ._copy import drawn, jpeg, labelled, opened, planted


def shortcut(
    images: Images,
    rng: np.random.Generator,
    *,
    target: str = "",
    quality: int = 70,
    scale: float = 1.0,
    share: float = 1.0,
) -> Images:
    """The same pictures, `share` (0 to 1) of one class as JPEG bytes of this quality (1 to 95) and size.

    target: the class, by default the commonest. scale: of both sides, above 0. The column "planted" says "shortcut".
    Raises OptionError for a class that is not there or values out of range.
    """
    if not (1 <= quality <= 95 and scale > 0):
        raise OptionError(f"plant shortcut: quality={quality} must be 1 to 95, scale={scale} above 0.")
    rows = drawn(np.flatnonzero(images.labels == labelled(images, target)), share, "shortcut", rng)
    made = {int(row): jpeg(_scaled(opened(images.items[int(row)]), scale), quality) for row in rows}
    return planted(images, rows, "shortcut", made)


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)
