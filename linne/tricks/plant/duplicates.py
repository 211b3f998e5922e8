"""duplicates: edited copies of some pictures, beside them or in another split, as resaving, cropping and leaks make."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from linne.core.errors import InputError, OptionError, nearest
from linne.core.images import SPLITS, Images, Item, read

from ._copy import MARK, drawn, jpeg, opened


def duplicates(
    images: Images, rng: np.random.Generator, *, edit: str = "five", share: float = 0.1, across: str = ""
) -> Images:
    """The same pictures, then an edited copy of `share` (0 to 1) of them, as bytes; labels, groups, weights come along.

    edit: "same" (equal bytes), "half" (half the size), "jpeg" (quality 40), "crop" (5 % of width and of height cut off
    at a random place), "bright" (15 % brighter or darker), "mirror", "five" (these five on one copy); others than
    "jpeg" and "five" are saved at quality 95. across: "train,test" copies pictures of train into test; by default a
    copy's split is its picture's. The column "planted" names the edit and "copy_of" the picture. Raises OptionError for
    another edit, share or split, Unreadable for a drawn picture that cannot be read.
    """
    if edit not in EDITS:
        raise OptionError(f"plant duplicates has no edit {edit!r}. {nearest(edit, EDITS)}")
    source, target = _splits(images, across)
    rows = drawn(source, share, "duplicates", rng)
    copies = images.take(rows)
    items = [EDITS[edit](item, rng) for item in copies.items]
    split = np.full(len(rows), target, dtype=object) if target else copies.split
    names = [_name(str(name), edit, len(images) + place) for place, name in enumerate(copies.names)]
    copies = replace(copies, items=items, split=split, names=np.array(names, dtype=object))
    return _joined(images, copies, {MARK: np.full(len(rows), edit, dtype=object), "copy_of": images.names[rows]})


def _splits(images: Images, across: str) -> tuple[np.ndarray, str]:
    """(rows to copy, the copies' split or "")."""
    if not across:
        return np.arange(len(images)), ""
    parts = [part.strip() for part in across.split(",")]
    unknown = [part for part in parts if part not in SPLITS]
    if unknown:
        raise OptionError(f"plant duplicates: there is no split {unknown[0]!r}. {nearest(unknown[0], SPLITS)}")
    if len(parts) != 2 or parts[0] == parts[1]:
        raise OptionError(f"plant duplicates: across={across!r} must name two splits, for example 'train,test'.")
    rows = np.flatnonzero(images.split == parts[0])
    if not len(rows):
        raise InputError(f"plant duplicates: no picture of {images.came_from or 'the data'} is in {parts[0]!r}.")
    return rows, parts[1]


def _joined(images: Images, copies: Images, marks: dict[str, np.ndarray]) -> Images:
    """Both, one after the other; `marks` are the copies' values of columns that mark them."""
    fields = {name: np.concatenate([getattr(images, name), getattr(copies, name)]) for name in FIELDS}
    if images.weight is not None and copies.weight is not None:
        fields["weight"] = np.concatenate([images.weight, copies.weight])
    blank = np.full(len(images), "", dtype=object)
    columns = {name: np.concatenate([images.columns[name], copies.columns[name]]) for name in images.columns}
    columns |= {name: np.concatenate([images.columns.get(name, blank), mark]) for name, mark in marks.items()}
    return replace(images, items=[*images.items, *copies.items], columns=columns, **fields)


def _name(name: str, edit: str, number: int) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}-{edit}-{number}{path.suffix if edit == 'same' else '.jpg'}"))


def _same(item: Item, rng: np.random.Generator) -> Item:
    data = read(item)
    return data.copy() if isinstance(data, np.ndarray) else data


def _half(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.BICUBIC)


def _crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    size = [max(1, round(0.95 * side)) for side in image.size]
    left, top = (int(rng.integers(0, side - kept + 1)) for side, kept in zip(image.size, size, strict=True))
    return image.crop((left, top, left + size[0], top + size[1]))


def _bright(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1 + 0.15 * float(rng.choice((-1, 1))))


def _mirror(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageOps.mirror(image)


Edit = Callable[[Image.Image, np.random.Generator], Image.Image]


def _saved(item: Item, rng: np.random.Generator, *, edits: tuple[Edit, ...], quality: int = 95) -> bytes:
    image = opened(item)
    for edit in edits:
        image = edit(image, rng)
    return jpeg(image, quality)


FIELDS = ("names", "labels", "split", "group")
EDITS: dict[str, Callable[[Item, np.random.Generator], Item]] = {
    "same": _same,
    "half": partial(_saved, edits=(_half,)),
    "jpeg": partial(_saved, edits=(), quality=40),
    "crop": partial(_saved, edits=(_crop,)),
    "bright": partial(_saved, edits=(_bright,)),
    "mirror": partial(_saved, edits=(_mirror,)),
    "five": partial(_saved, edits=(_crop, _bright, _mirror, _half), quality=40),
}
