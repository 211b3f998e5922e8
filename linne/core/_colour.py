"""The policy for every kind of pixel: whatever Pillow mode or numpy type comes, (H, W, 3) uint8 sRGB goes out."""

from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms

STRIP = 1 << 21
"""Pixels converted at a time, so that a 64-megapixel picture needs one copy of itself and not four."""
GREY = 128
"""What stands for pixels that are not there: missing rows, the bars of a letterbox."""
SEE_THROUGH = ("LA", "La", "PA", "RGBA", "RGBa")


def flatten(image: Image.Image, span: tuple[float, float] | None = None, icc: bytes = b"") -> tuple[np.ndarray, bool]:
    """((H, W, 3) uint8 sRGB, whether anything was transparent) of a loaded image of any mode.

    span: the values that mean black and white in 16-bit, 32-bit and float pictures; measured where None.
    """
    number = image.mode[:2] in ("I", "I;", "F")
    if number and span is None:
        span = _span(image)
    clear = image.mode in SEE_THROUGH or (image.mode in ("1", "L", "P", "RGB") and "transparency" in image.info)
    transform = srgb(icc, "CMYK" if image.mode == "CMYK" else "RGB") if icc and not number else None
    out, seen = np.empty((image.height, image.width, 3), np.uint8), False
    step = max(STRIP // max(image.width, 1), 1)
    for top in range(0, image.height, step):
        low = min(top + step, image.height)
        part = image if low - top == image.height else image.crop((0, top, image.width, low))
        if number:
            part, clear_here = _numbers(part, span or (0.0, 1.0))
        else:
            part, clear_here = _composite(part) if clear else (part, False)
            part = _converted(part, transform)
        out[top:low] = part
        seen |= clear_here
    return out, seen


def scale(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values brought linearly from low..high to 0..255, rounded half to even; not a number is black."""
    scaled = (np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low) - low) * (255 / (high - low))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def natural(dtype: np.dtype, low: float, high: float) -> tuple[float, float]:
    """The values that mean black and white for numbers of `dtype` whose finite values lie in low..high.

    uint8 and uint16: the type's range. Float: 0..1 where all lie there. Other whole numbers, and floats beyond 1:
    0..255 where all lie there. Else what was measured; a constant outside those ranges is black.
    """
    if dtype.kind == "u" and dtype.itemsize <= 2:
        return 0.0, float(np.iinfo(dtype).max)
    if dtype.kind == "f" and low >= 0 and high <= 1:
        return 0.0, 1.0
    if low >= 0 and high <= 255:
        return 0.0, 255.0
    return low, high if high > low else low + 1.0


def measured(values: np.ndarray) -> tuple[float, float]:
    """Least and greatest finite value; (0, 0) where there is none."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _span(image: Image.Image) -> tuple[float, float]:
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    step = max(STRIP // max(image.width, 1), 1)
    rows = range(0, image.height, step)
    ends = [measured(np.asarray(image.crop((0, y, image.width, min(y + step, image.height))))) for y in rows]
    kind = np.dtype(np.float32 if image.mode == "F" else np.int32)
    return natural(kind, min(end[0] for end in ends), max(end[1] for end in ends))


def _numbers(part: Image.Image, span: tuple[float, float]) -> tuple[np.ndarray, bool]:
    values = np.asarray(part)
    grey, key = scale(values, *span), part.info.get("transparency")
    clear = values == key if isinstance(key, int) else np.zeros((), bool)
    return np.where(clear, np.uint8(255), grey)[..., None], bool(clear.any())


def _composite(part: Image.Image) -> tuple[Image.Image, bool]:
    solid = part.convert("RGBA")
    alpha = solid.getchannel("A")
    clear = alpha.getextrema()[0] != 255
    white = Image.new("RGB", part.size, "white")
    white.paste(solid, mask=alpha)
    return white, clear


def _converted(part: Image.Image, transform: Any) -> np.ndarray:
    if transform is not None:
        part = part if part.mode == transform.input_mode else part.convert("RGB")
        return np.asarray(transform.apply(part))
    if part.mode == "L":
        return np.asarray(part)[..., None]
    return np.asarray(part if part.mode == "RGB" else part.convert("RGB"))


def srgb(icc: bytes, mode: str) -> Any:
    """A transform from this profile to sRGB, or None where it is sRGB, of another colour space, or damaged."""
    named = b"sRGB" in icc or "sRGB".encode("utf-16-be") in icc
    space = {b"RGB ": "RGB", b"CMYK": "CMYK"}.get(icc[16:20])
    return None if named or space != mode else _transform(icc, mode)


@lru_cache(16)
def _transform(icc: bytes, mode: str) -> Any:
    try:
        source, target = ImageCms.ImageCmsProfile(BytesIO(icc)), ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(source, target, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
