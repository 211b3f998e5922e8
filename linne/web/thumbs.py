"""Small JPEGs of the pictures that a page shows, each made once."""

import base64
import io
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..core.decode import decode
from ..core.errors import Unreadable

SIDE = 112
"""Pixels of a thumbnail's long side."""
QUALITY = 70
ROOM = 1_500_000
"""Letters of base64 that a page's thumbnails may take together."""


def thumbs(items: Sequence[Any], rows: Iterable[int], room: int = ROOM) -> dict[int, dict[str, Any]]:
    """{"w", "h", "jpeg" (base64)} of each row, most important rows first, until `room` letters are used.

    A picture that cannot be decoded is left out.
    """
    wanted = list(dict.fromkeys(int(row) for row in rows))
    out: dict[int, dict[str, Any]] = {}
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        for start in range(0, len(wanted), 64):
            part = wanted[start : start + 64]
            for row, made in zip(part, pool.map(lambda row: thumb(items[row]), part), strict=True):
                if made is None:
                    continue
                room -= len(made["jpeg"])
                if room < 0:
                    return out
                out[row] = made
    return out


def thumb(item: Any, side: int = SIDE) -> dict[str, Any] | None:
    """One picture within side x side pixels, whole and in its own shape; None where it cannot be decoded."""
    from PIL import Image

    try:
        pixels = decode(item, least=side).pixels
    except Unreadable:
        return None
    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(pixels)
    image = image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS, reducing_gap=2)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True)
    return {"w": size[0], "h": size[1], "jpeg": base64.b64encode(file.getvalue()).decode("ascii")}
