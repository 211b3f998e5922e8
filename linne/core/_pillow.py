"""Pillow without its global state: plugins opened by name, half a picture kept, nothing switched on or off.

`ImageFile.LOAD_TRUNCATED_IMAGES` is one flag for the whole process and fills what is missing with black without
saying how much. Here a broken picture is decoded twice, its missing part filled in two ways: what differs is missing.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from io import BytesIO
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

from ._colour import STRIP
from ._header import Header, bare, lost
from .errors import MissingExtra, Unreadable

PLUGINS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIF": ("pi_heif", "HeifImageFile"),
}
NOISE = bytes(i * i * 37 % 251 for i in range(4096))
QUIET = Lock()
warnings.filterwarnings("ignore", module=r"PIL\.")  # what it has to say about a damaged file is said by the reason


def opened(data: bytes, kind: str) -> Any:
    """A Pillow image whose header is read and whose pixels are not. Raises what Pillow raises, or Unreadable."""
    module, name = PLUGINS[kind]
    try:
        return getattr(import_module(module), name)(BytesIO(data))
    except ImportError as error:
        raise Unreadable(str(MissingExtra(f"{kind} pictures", "heif"))) from error


def quietly(work: Callable[[], Any]) -> Any:
    """`work()`, once more with warnings off where a program that turns warnings into errors made it fail."""
    try:
        return work()
    except Warning:
        with QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()


@dataclass
class Loaded:
    """image: in the orientation as stored. gap: (H, W) mask of what is missing, or None. lost: share of the whole."""

    image: Image.Image
    frames: int = 1
    gap: np.ndarray | None = None
    lost: float = 0.0


def loaded(data: bytes, head: Header, shrink: int, check: Callable[[int, int], None]) -> Loaded:
    """A picture by Pillow, whole or in part; raises what Pillow raises where there is no part.

    shrink: 1, 2, 4 or 8, for JPEG. check: called with the size that Pillow found, before any pixel is decoded.
    """
    image = None
    try:
        image = _ready(data, head, shrink, check)
        frames = head.frames or getattr(image, "n_frames", 1)
        image.load()
        return Loaded(_plain(image, data), frames)
    except (Unreadable, MemoryError, Warning):
        raise
    except Exception as caught:
        error = caught.with_traceback(None)  # a traceback would keep more half-read pictures in memory
        error.__cause__ = error.__context__ = None
    if head.format in ("WEBP", "AVIF", "HEIF"):
        raise error
    if head.format == "JPEG":
        image = None
    found = _in_part(data, head, image) if head.format != "JPEG" else _cut_jpeg(data, head, shrink)
    if found.lost == 1:
        raise error
    return found


def _ready(data: bytes, head: Header, shrink: int = 1, check: Callable[[int, int], None] | None = None) -> Any:
    image = opened(data, head.format)
    if check:
        check(*image.size)
    if shrink > 1:
        image.draft(None, (max(image.width // shrink, 1), max(image.height // shrink, 1)))
    if head.format == "TIFF":  # Pillow would turn a TIFF itself, and only when nothing is missing
        image.load_end = _nothing
    return image


def _key(clear: Any, bits: int) -> Any:
    """The colour that a PNG calls transparent, in the 8 bits that Pillow made of its 2, 4 or 16 (grey keeps 16)."""
    if isinstance(clear, tuple):
        return tuple(value >> 8 for value in clear) if bits == 16 else clear
    return clear * 255 // ((1 << bits) - 1) if isinstance(clear, int) and bits in (2, 4) else clear


def _cut_jpeg(data: bytes, head: Header, shrink: int) -> Loaded:
    """A JPEG that ends early, ended twice: at once, and after some noise. From the first row that differs it is lost.

    A progressive one is all there from its first scan on, and what is lost is sharpness.
    """
    images = []
    for tail in (b"", NOISE)[: 1 if head.scans else 2]:
        image = _ready(data + tail + b"\xff\xd9", head, shrink)
        image.load()
        images.append(_plain(image, data))
    if head.scans:
        return Loaded(images[0], lost=lost(data))
    gap = _differ(*images)
    gap[int(gap.any(1).argmax()) if gap.any() else len(gap) :] = True
    return Loaded(images[0], gap=gap, lost=float(gap.mean()))


def _in_part(data: bytes, head: Header, image: Any) -> Loaded:
    """What Pillow decodes before it gives up, over two different grounds: what differs was not decoded.

    image: the one that failed, whose ground is black (but a GIF's is its transparent colour); None where none opened.
    """
    data = bare(data) if head.format == "PNG" else data
    begun = image is not None and image._im is not None and head.format != "GIF"
    first = _plain(image, data) if begun else _over(data, head, 0)
    gap = _differ(first, _over(data, head, 1))
    return Loaded(first, max(head.frames, 1), gap, float(gap.mean()))


def _differ(first: Image.Image, second: Image.Image) -> np.ndarray:
    gap = np.empty((first.height, first.width), bool)
    step = max(STRIP // first.width, 1)
    for top in range(0, first.height, step):
        box = (0, top, first.width, min(top + step, first.height))
        differ = np.asarray(first.crop(box)) != np.asarray(second.crop(box))
        gap[top : box[3]] = reduce(np.logical_or, np.moveaxis(differ, -1, 0)) if differ.ndim == 3 else differ
    return gap


def _over(data: bytes, head: Header, ground: int) -> Image.Image:
    image = _ready(data, head)
    image.load_prepare()
    ink = 255 * ground if image.im.mode == "1" else ground
    bands = image.im.bands
    image.im.paste(ink if bands == 1 else (ink,) * bands, (0, 0, *image.im.size))
    image.load_prepare = _nothing
    try:
        image.load()
    except (MemoryError, Warning):
        raise
    except Exception:
        image.tile = []
    return _plain(image, data)


def _plain(image: Any, data: bytes) -> Image.Image:
    """Only mode, size, palette, info and pixels: `_new` is what every Pillow operation returns through."""
    plain = image._new(image.im)
    if "transparency" in plain.info and data[:4] == b"\x89PNG":
        plain.info["transparency"] = _key(plain.info["transparency"], data[24])
    return plain


def _nothing(*_: Any) -> None:
    return None
