"""quality: a share of the pictures, drawn at random, made dark, bright, blurred or nearly empty."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from linne.core.errors import OptionError, nearest
from linne.core.images import Images

from ._copy import drawn, jpeg, opened, planted


def quality(images: Images, rng: np.random.Generator, *, fault: str = "dark", share: float = 0.05) -> Images:
    """The same pictures, `share` (0 to 1) of them with one fault, as JPEG bytes of quality 90.

    fault: "dark" (all values x 0.15), "bright" (x 6.7, cut off at white), "blurred" (Gaussian, deviation 1.5 % of the
    short side), "empty" (its mean colour and noise of deviation 2.5 of 255). The column "planted" names it.
    Raises OptionError for another fault or share, Unreadable for a drawn picture that cannot be read.
    """
    if fault not in FAULTS:
        raise OptionError(f"plant quality has no fault {fault!r}. {nearest(fault, FAULTS)}")
    rows = drawn(np.arange(len(images)), share, "quality", rng)
    made = {int(row): jpeg(FAULTS[fault](opened(images.items[int(row)]), rng), 90) for row in rows}
    return planted(images, rows, fault, made)


def _dark(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.point([round(value * 0.15) for value in range(256)] * 3)


def _bright(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.point([min(255, round(value * 6.7)) for value in range(256)] * 3)


def _blurred(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(0.015 * min(image.size)))


def _empty(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(image, float)
    drift = rng.normal(0, 2.5, pixels.shape)
    return Image.fromarray((pixels.mean((0, 1)) + drift).round().clip(0, 255).astype(np.uint8))


FAULTS: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "dark": _dark,
    "bright": _bright,
    "blurred": _blurred,
    "empty": _empty,
}
