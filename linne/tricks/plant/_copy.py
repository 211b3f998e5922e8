"""What planters share: a drawn share of rows, and Images with some rows replaced and marked."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from linne.core.decode import decode
from linne.core.errors import InputError, OptionError, nearest
from linne.core.images import Images, Item

MARK = "planted"
SIDE = 8


def drawn(rows: np.ndarray, share: float, what: str, rng: np.random.Generator) -> np.ndarray:
    """(round(share * rows),) of these rows, ascending. OptionError: a share outside 0 to 1; InputError: none."""
    if not 0 < share <= 1:
        raise OptionError(f"plant {what}: share={share} must be above 0 and at most 1.")
    many = round(share * len(rows))
    if not many:
        raise InputError(f"plant {what}: share={share} of {len(rows)} pictures is none. Ask for a larger share.")
    return np.sort(rng.choice(rows, many, replace=False))


def labelled(images: Images, target: str) -> int:
    """The class of this name, the commonest one for "". Raises OptionError with the nearest name."""
    if target and target not in images.classes:
        raise OptionError(f"there is no class {target!r}. {nearest(target, images.classes)}")
    if not images.counts().any():
        raise InputError("no picture has a label: there is no class to plant a fault in.")
    return images.classes.index(target) if target else int(images.counts().argmax())


def planted(
    images: Images, rows: np.ndarray, fault: str, items: Mapping[int, Item] | None = None, **new: Any
) -> Images:
    """The same pictures with `items` in place of these rows, `new` fields, and `fault` in the column "planted"."""
    mark = images.columns.get(MARK, np.full(len(images), "", dtype=object)).copy()
    mark[rows] = fault
    every = list(images.items)
    for row, item in (items or {}).items():
        every[row] = item
    return replace(images, items=every, columns={**images.columns, MARK: mark}, **new)


def opened(item: Item) -> Image.Image:
    """The picture, as everything else here sees it."""
    return Image.fromarray(decode(item).pixels)


def thumbnails(images: Images) -> np.ndarray:
    """(n, 192) float: each picture at 8 x 8, every column of mean 0 and deviation 1. Raises Unreadable."""
    small = [
        np.asarray(opened(item).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)) for item in images.items
    ]
    points = np.stack(small).reshape(len(small), -1).astype(float)
    return (points - points.mean(0)) / np.maximum(points.std(0), 1e-6)


def jpeg(image: Image.Image, quality: int) -> bytes:
    """Encoded by Pillow."""
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
