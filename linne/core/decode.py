"""The one way from bytes to an array, and from an array to the network's input.

`decode` gives (H, W, 3) uint8 sRGB, as a person sees the picture, or raises Unreadable with a reason. The policy:

* What it is, is told by its first bytes, never by its name: JPEG, PNG, WebP, GIF, BMP, TIFF; AVIF where Pillow has it;
  HEIF with `pip install 'linne[heif]'`. Size and limits are read from the header before any pixel is allocated.
* JPEG by simplejpeg, by Pillow where that refuses; a picture is called bad only when both fail. With `least` a JPEG is
  decoded at 1/2, 1/4 or 1/8 where that divides both sides, its short side never below `least`. Both decoders give the
  same pixels.
* EXIF orientation is applied. Animations and pages: the first one, all counted.
* Grey: three equal channels. Palette: its colours. Transparency (alpha, palette, colour key): composited on white.
* 16 bits: round(value / 257), a colour picture's high byte (Pillow reads no more); 12 bits: round(value / 16.06);
  32-bit whole numbers and floats: by the TIFF's declared range, else 0..1 (floats) or 0..255 where all values lie
  there, else least to greatest. Nothing is clipped; not a number is black.
* CMYK, YCCK (JPEG's are stored inverted, as Adobe does), YCbCr and Lab: converted. An RGB or CMYK colour profile that
  is not sRGB (Display P3 of phones, print profiles) is converted to sRGB by Little CMS, others are ignored.
* Cut off or damaged: used where at least 90 % was decoded, what is missing is grey 128; else refused. Half a WebP, AVIF
  or HEIF gives nothing. A progressive JPEG lacks a frequency that was never sent whole, and 5 % of one for each bit.

`prepare` is the one definition of preprocessing: a centre box in source coordinates, cut out with the margin that the
filter reaches, then Pillow's antialiased resize, first horizontal, then vertical, rounded to uint8 between. A graph
does the same with two matrix products of integers (weights times 2 ** 22) and two roundings, to the last bit.
"""

import os
import stat
from dataclasses import dataclass, field, replace
from math import ceil, inf
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from ._colour import GREY, flatten, measured, natural, scale, srgb
from ._header import SCANNED, Header, Tags, header, missing, sniff, unknown
from ._pillow import loaded, quietly
from .errors import OptionError, Unreadable, nearest

__all__ = ["GREY", "Geometry", "Limits", "Picture", "decode", "encoded", "prepare", "sniff"]


@dataclass(frozen=True)
class Limits:
    """What is refused before it costs anything. pixels: width x height. bytes: encoded. aspect: long over short side.

    missing: the greatest share of a damaged picture that may be missing.
    """

    pixels: int = 64_000_000
    bytes: int = 64 << 20
    aspect: float = 65_535
    missing: float = 0.1


@dataclass(frozen=True, eq=False)
class Picture:
    """One decoded picture. pixels: (H, W, 3) uint8 sRGB, turned as EXIF says, perhaps scaled.

    width, height: full size as displayed. mode: Pillow's, as stored. orientation: EXIF 1 to 8, already applied.
    frames: frames or pages. alpha: anything was transparent. missing_share: 0 to 0.1 of a damaged picture.
    taken: EXIF seconds since 1970 as if UTC, NaN where none. quality: JPEG, 1 to 100 or NaN.
    """

    pixels: np.ndarray = field(repr=False)
    format: str
    mode: str
    width: int
    height: int
    orientation: int = 1
    frames: int = 1
    alpha: bool = False
    missing_share: float = 0.0
    taken: float = float("nan")
    camera: str = ""
    quality: float = float("nan")


def decode(item: Any, *, least: int | None = None, limits: Limits = Limits()) -> Picture:
    """A picture from a path, encoded bytes, pixels (H, W) or (H, W, 1|3|4), or a PIL image.

    least: a JPEG may be decoded smaller as long as its short side stays at least this; None decodes in full.
    Raises Unreadable, and nothing else, with a reason short enough for a table.
    """
    try:
        item = encoded(item, limits)
        if isinstance(item, Image.Image):
            return _from_image(item, limits)
        return _from_array(item, limits) if isinstance(item, np.ndarray) else _from_bytes(item, least, limits)
    except Unreadable:
        raise
    except MemoryError as error:
        raise Unreadable("needs more memory than there is") from error
    except Exception as error:
        raise Unreadable(_words(error)) from error


def encoded(item: Any, limits: Limits = Limits()) -> Any:
    """An item's bytes, or the item itself where it is no file. Raises Unreadable for what cannot be opened."""
    if not isinstance(item, (str, Path)):
        return bytes(item) if isinstance(item, (bytearray, memoryview)) else item
    try:
        with open(item, "rb", opener=_regular) as file:
            data = file.read(limits.bytes + 1)
    except OSError as error:
        raise Unreadable((error.strerror or str(error)).lower()) from error
    return data


def _regular(path: str, flags: int) -> int:
    """Opens without waiting on a pipe, and refuses what is no file."""
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(None, "not a regular file")
    return handle


def _from_bytes(data: Any, least: int | None, limits: Limits) -> Picture:
    if not isinstance(data, bytes):
        raise Unreadable(f"a {type(data).__name__} is no picture: give a path, bytes, an array or a PIL image")
    if len(data) > limits.bytes:
        raise Unreadable(f"more than {limits.bytes:,} bytes: over the limit")
    kind = sniff(data)
    if not kind:
        raise Unreadable(unknown(data))
    head = header(data, kind)
    _check(head.width, head.height, limits)
    if head.width * head.height * head.scans > SCANNED:
        raise Unreadable(f"{head.scans} scans of {head.width} x {head.height} pixels: refused as a bomb")
    if kind == "WEBP" and 2 * head.width * head.height > limits.pixels:  # its decoder holds four copies
        raise Unreadable(f"{head.width} x {head.height} pixels: over the limit of {limits.pixels // 2:,} for WebP")
    shrink = _shrink(head, least)
    fast = _jpeg(data, head, shrink, limits) if kind == "JPEG" and head.components in (1, 3) else None
    return fast or quietly(lambda: _by_pillow(data, head, shrink, limits))


def _check(width: int, height: int, limits: Limits) -> None:
    if width < 1 or height < 1:
        raise Unreadable(f"{width} x {height} pixels: the header says that there is no picture")
    if width * height > limits.pixels:
        raise Unreadable(f"{width} x {height} pixels: over the limit of {limits.pixels:,}")
    if max(width, height) > limits.aspect * min(width, height):
        raise Unreadable(f"{width} x {height} pixels: longer than {limits.aspect:g} times its width")


def _shrink(head: Header, least: int | None) -> int:
    """Only what divides both sides: a last pixel that is half there would move the picture's centre."""
    sides = head.width, head.height
    fits = (s for s in (8, 4, 2) if not any(side % s for side in sides) and min(sides) // s >= (least or inf))
    return next(fits, 1) if head.format == "JPEG" else 1


def _jpeg(data: bytes, head: Header, shrink: int, limits: Limits) -> Picture | None:
    """By simplejpeg, or None where it refuses: Pillow reads some of those, and says how much is missing of others."""
    import simplejpeg

    down, across = (head.height // shrink, head.width // shrink) if shrink > 1 else (0, 0)
    try:
        high, wide, *_ = simplejpeg.decode_jpeg_header(data, strict=False)
        _check(int(wide), int(high), limits)  # libjpeg allocates by its own reading of the header
        pixels = simplejpeg.decode_jpeg(data, min_height=down, min_width=across)
    except ValueError:
        return None
    if head.icc and (transform := srgb(head.icc, "RGB")) and head.components == 3:
        pixels = np.array(transform.apply(Image.fromarray(pixels)))
    return _picture(pixels, head, "L" if head.components == 1 else "RGB")


def _by_pillow(data: bytes, head: Header, shrink: int, limits: Limits) -> Picture:
    found = loaded(data, head, shrink, lambda width, height: _check(width, height, limits))
    image = found.image
    if found.lost > limits.missing:
        raise Unreadable(f"truncated: {missing(found.lost)}")
    if shrink == 1:
        head = replace(head, width=image.width, height=image.height)
    head = replace(head, frames=found.frames)
    if head.format not in ("JPEG", "TIFF"):
        head = replace(head, **_exif(image))
    pixels, alpha = flatten(image, head.span, head.icc or image.info.get("icc_profile") or b"")
    if found.gap is not None:
        pixels[found.gap] = GREY
    return _picture(pixels, head, image.mode, alpha=alpha, missing_share=found.lost)


def _from_image(image: Image.Image, limits: Limits) -> Picture:
    _check(*image.size, limits)
    image.load()
    told = {**_exif(image), "orientation": image.getexif().get(274, 1)}
    head = Header("ARRAY", *image.size, **told)
    pixels, alpha = flatten(image, icc=image.info.get("icc_profile") or b"")
    return _picture(pixels, head, image.mode, alpha=alpha)


def _from_array(array: np.ndarray, limits: Limits) -> Picture:
    shape = array.shape
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3, 4)) or array.dtype.kind not in "buif":
        hint = "; channels come last" if len(shape) == 3 and shape[0] in (1, 3, 4) else ""
        raise Unreadable(f"array {shape} of {array.dtype}: expected numbers, (H, W) or (H, W, 1|3|4){hint}")
    _check(shape[1], shape[0], limits)
    bits = array if array.dtype == np.uint8 else _bits(array)
    bits = bits[..., None] if bits.ndim == 2 else bits
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[bits.shape[2]]
    head = Header("ARRAY", shape[1], shape[0])
    if mode == "RGBA":
        pixels, alpha = flatten(Image.fromarray(np.ascontiguousarray(bits)))
        return _picture(pixels, head, mode, alpha=alpha)
    return _picture(np.array(np.broadcast_to(bits, (*shape[:2], 3))), head, mode)


def _bits(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    return scale(array, *natural(array.dtype, *measured(array)))


def _exif(image: Image.Image) -> dict[str, Any]:
    raw = image.info.get("exif") or b""
    names = ("orientation", "taken", "camera")
    return dict(zip(names, Tags(raw.removeprefix(b"Exif\0\0")).facts(), strict=True)) if raw else {}


def _picture(pixels: np.ndarray, head: Header, mode: str, **more: Any) -> Picture:
    """Turned as EXIF says, with what the header told."""
    turn = head.orientation
    if turn != 1:
        pixels = np.ascontiguousarray(TURNS[turn](pixels))
    width, height = (head.height, head.width) if turn >= 5 else (head.width, head.height)
    return Picture(
        pixels, head.format, mode, width, height, turn, head.frames,
        taken=head.taken, camera=head.camera, quality=head.quality, **more,
    )  # fmt: skip


TURNS = {
    2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1], 5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1), 7: lambda a: a[::-1, ::-1].swapaxes(0, 1), 8: lambda a: np.rot90(a),
}  # fmt: skip
"""EXIF orientation to what undoes it."""


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    if "truncated" in text.lower() or "requires a buffer" in text:
        return "truncated: nothing of the picture is there"
    name = "" if any(letter.isalpha() for letter in text) else f"{type(error).__name__} "
    return f"cannot be decoded: {name}{text}".strip()[:150]


@dataclass(frozen=True)
class Geometry:
    """How pixels of any size become (size, size, 3): what a run stores and an export repeats.

    fit: "crop" takes the centre square of `crop` times the short side, "squash" the whole picture, "letterbox" the
    whole picture with bars of grey 128. Squash and letterbox first cut what is longer than 8 to 1 to that.
    Raises OptionError for values outside these, and for a `crop` that a fit other than "crop" would ignore.
    """

    size: int = 224
    fit: Literal["crop", "squash", "letterbox"] = "crop"
    crop: float = 0.875
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"

    def __post_init__(self) -> None:
        for name, allowed in (("fit", ("crop", "squash", "letterbox")), ("interpolation", tuple(FILTERS))):
            if getattr(self, name) not in allowed:
                raise OptionError(
                    f"{name} {getattr(self, name)!r} is not there. {nearest(getattr(self, name), allowed)}"
                )
        if not (isinstance(self.size, int) and 1 <= self.size <= 4096):
            raise OptionError(f"size {self.size!r}: allowed are whole numbers from 1 to 4096 (pixels a side).")
        if not 0 < self.crop <= 1:
            raise OptionError(f"crop {self.crop!r}: allowed is a share of the short side, above 0 up to 1.")
        if self.fit != "crop" and self.crop != 0.875:
            raise OptionError(f"crop {self.crop!r} has no effect with fit {self.fit!r}; only fit 'crop' cuts.")

    @property
    def least(self) -> int:
        """What to hand to `decode`: 2.9 times the length to which the short side is brought (743 at 224 and 0.875)."""
        return ceil(FINER * (self.size / self.crop if self.fit == "crop" else self.size))

    def key(self) -> str:
        """One word that names this geometry in caches and files: "crop0.875-224-bicubic"."""
        return f"{self.fit}{f'{self.crop:g}' if self.fit == 'crop' else ''}-{self.size}-{self.interpolation}"


FILTERS = {"bicubic": (Image.Resampling.BICUBIC, 2), "bilinear": (Image.Resampling.BILINEAR, 1)}
"""Pillow's filter and its reach in pixels of the coarser grid."""
LONGEST = 8
FINER = 2.9
"""How much finer than the input a scaled JPEG must be. Measured on clothing, top-1 of 10 classes as from a full decode:
97.0 % at 1, 99.2 % at 2, 99.0 % at 2.6, 99.8 % at 3; at 2.9 a photograph of 3024 x 4032 may still be quartered."""


def prepare(pixels: np.ndarray, geometry: Geometry = Geometry()) -> np.ndarray:
    """(size, size, 3) uint8 of pixels (H, W, 3) uint8: the network's input before its mean and scale."""
    high, wide = pixels.shape[:2]
    size = geometry.size
    if geometry.fit == "crop":
        across = down = geometry.crop * min(high, wide)
    else:
        across, down = min(wide, LONGEST * high), min(high, LONGEST * wide)
    to = (size, size)
    if geometry.fit == "letterbox":
        to = max(round(size * across / max(across, down)), 1), max(round(size * down / max(across, down)), 1)
    left, top = round((wide - across) / 2), round((high - down) / 2)  # whole: a crop alone resamples nothing, as timm's
    small = _resized(pixels, (left, top, across, down), to, geometry.interpolation)
    if to == (size, size):
        return small
    out = np.full((size, size, 3), GREY, np.uint8)
    left, top = (size - to[0]) // 2, (size - to[1]) // 2
    out[top : top + to[1], left : left + to[0]] = small
    return out


def _resized(pixels: np.ndarray, box: tuple[float, float, float, float], to: tuple[int, int], name: str) -> np.ndarray:
    """A box (left, top, width, height) brought to a size, given only the pixels that the filter reaches.

    Two calls, because Pillow 13 chooses by shape which direction it resizes first.
    """
    kind, reach = FILTERS[name]
    cuts, edges = [], []
    for start, length, target, whole in zip(box[:2], box[2:], to, pixels.shape[1::-1], strict=True):
        margin = reach * max(length / target, 1) + 1
        first, last = max(int(start - margin), 0), min(ceil(start + length + margin), whole)
        cuts.append(slice(first, last))
        edges.append((start - first, start - first + length))
    part = Image.fromarray(np.ascontiguousarray(pixels[cuts[1], cuts[0]]))
    half = part.resize((to[0], part.height), kind, box=(edges[0][0], 0, edges[0][1], part.height))
    return np.array(half.resize(to, kind, box=(0, edges[1][0], to[0], edges[1][1])))
