"""One look at one picture: a row of Facts, its thumbnail and its 8x8 colours. Nothing here decodes."""

import hashlib
from pathlib import PurePath

import numpy as np
from PIL import Image

from ._header import sniff
from .decode import Picture
from .facts import FACT, THUMB

SIDE, LONGEST = 224, 896
"""The short side at which luma is looked at, and the longest that the other may be."""
SUFFIXES = {
    "JPEG": "jpg jpeg jpe jfif", "PNG": "png apng", "WEBP": "webp", "GIF": "gif", "BMP": "bmp dib", "TIFF": "tif tiff",
    "HEIF": "heic heif hif", "AVIF": "avif avifs",
}  # fmt: skip
PROMISED = {f".{suffix}": kind for kind, suffixes in SUFFIXES.items() for suffix in suffixes.split()}
_RIM = np.ones((THUMB, THUMB), bool)
_RIM[2:-2, 2:-2] = False
AREAS = np.stack([np.full(THUMB**2, 1 / THUMB**2), _RIM.ravel() / _RIM.sum()]).astype(np.float32) / 255
"""(2, 4096): the mean over a thumbnail, and over its outermost 2 of 64 pixels (3 %)."""


def measure(
    name: str, picture: Picture | None, data: bytes | np.ndarray | None, reason: str = ""
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(record () of FACT, thumb (64, 64) uint8, small (8, 8, 3) uint8) of one picture.

    picture: None where it could not be decoded, with the reason; then figures are NaN and pictures black.
    data: its encoded bytes or its array; None where the file could not be opened.
    """
    fact = np.zeros((), FACT)
    for field in ("taken", "quality", "brightness", "contrast", "p01", "p99", "sharpness", "entropy", "colour",
                  "saturation", "border"):  # fmt: skip
        fact[field] = np.nan
    array = isinstance(data, np.ndarray)
    kind = "ARRAY" if array else sniff(data or b"")
    fact["reason"] = _cut(reason, 160)
    fact["format"], fact["orientation"], fact["frames"] = kind.encode(), 1, 1
    fact["suffix_wrong"] = bool(kind or data) and not array and misnamed(name, kind)
    if data is not None:
        fact["hash"] = content_hash(data)
        fact["bytes"] = data.nbytes if array else len(data)
    if picture is None:
        return fact, np.zeros((THUMB, THUMB), np.uint8), np.zeros((8, 8, 3), np.uint8)
    for field in ("width", "height", "orientation", "frames", "alpha", "missing_share", "taken", "quality"):
        fact[field] = getattr(picture, field)
    fact["mode"], fact["camera"] = picture.mode.encode(), _cut(picture.camera, 48)
    return fact, *_look(fact, picture.pixels)


def misnamed(name: str, kind: str) -> bool:
    """Whether a name's suffix promises another format than `kind`, which the content has."""
    return PROMISED.get(PurePath(name).suffix.lower(), kind) != kind


def content_hash(data: bytes | np.ndarray) -> bytes:
    """16 bytes: blake2b-128 of the encoded bytes, or of an array's shape, type and pixels."""
    digest = hashlib.blake2b(digest_size=16)
    if isinstance(data, np.ndarray):
        digest.update(f"{data.shape} {data.dtype.newbyteorder('<').str}".encode())
        data = np.ascontiguousarray(data, data.dtype.newbyteorder("<")).tobytes()
    digest.update(data)
    return digest.digest()


def _look(fact: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fills in the figures; (thumb, small)."""
    image = Image.fromarray(pixels)
    if min(image.size) >= 2 * SIDE:
        image = image.reduce(min(image.size) // SIDE)
    ratio = SIDE / min(image.size)
    size = min(round(image.width * ratio), LONGEST), min(round(image.height * ratio), LONGEST)
    kind = Image.Resampling.BOX if ratio < 1 else Image.Resampling.BILINEAR
    luma = image.convert("L").resize(size, kind)
    _luma(fact, luma)
    tiny = image.resize((THUMB, THUMB), Image.Resampling.BOX)
    fact["colour"], fact["border"] = AREAS @ np.asarray(tiny).reshape(-1, 3).astype(np.float32)
    fact["saturation"] = np.asarray(tiny.convert("HSV").getchannel("S")).mean() / 255
    thumb = luma.resize((THUMB, THUMB), Image.Resampling.BOX)
    return np.array(thumb), np.array(tiny.resize((8, 8), Image.Resampling.BOX))


def _luma(fact: np.ndarray, luma: Image.Image) -> None:
    share = np.array(luma.histogram(), float)
    share /= share.sum()
    levels = np.arange(256) / 255
    mean = share @ levels
    below = np.cumsum(share)
    fact["brightness"], fact["contrast"] = mean, np.sqrt(share @ (levels - mean) ** 2)
    fact["p01"], fact["p99"] = np.searchsorted(below, (0.01 - 1e-12, 0.99 - 1e-12)) / 255
    fact["entropy"] = -(share * np.log2(np.where(share > 0, share, 1))).sum()
    v = np.asarray(luma).astype(np.int16)
    bend = v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:] - 4 * v[1:-1, 1:-1]
    flat = bend.ravel().astype(np.float32)
    fact["sharpness"] = flat @ flat / flat.size - flat.mean() ** 2


def _cut(text: str, size: int) -> bytes:
    """Text as UTF-8 of at most `size` bytes, never ending within a letter."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore").encode()
