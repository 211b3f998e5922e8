"""Pictures in arrays: which array is what by its name, their shapes, and labels as numbers, one-hot rows or names."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.errors import InputError, OptionError, nearest
from linne.core.images import Images

from ._cells import Chain
from ._classes import named
from ._say import about_classes, count, some, split_of

IMAGES = ("x", "images", "image", "imgs", "data", "pixels", "arr_0")
LABELS = ("y", "labels", "label", "targets", "target", "arr_1")
CLASSES = ("classes", "class_names", "label_names", "list_classes", "classnames")
NOISE = re.compile(r"idx\d|ubyte|gz|npy|set|orig|")


@dataclass
class Part:
    """Pictures (n, ...) of one split and their labels, if there are any."""

    split: str
    pictures: Any
    labels: Any = None


def role_of(key: str) -> tuple[str, str, str] | None:
    """(what it belongs to, split, "image" or "label") by the words in an array's name, or None.

    "x_train", "train-images-idx3-ubyte.gz", "train_set_x" and "val/images" are understood.
    """
    if key.lower() in ("arr_0", "arr_1"):
        return "", "", "image" if key.endswith("0") else "label"
    words = [word for word in re.split(r"[-_./\s]+", key.lower()) if not NOISE.fullmatch(word)]
    split = next((s for word in words if (s := "test" if word == "t10k" else split_of(word))), "")
    words = [word for word in words if word != "t10k" and not split_of(word)]
    if not words or words[-1] not in IMAGES + LABELS:
        return None
    return "-".join(words[:-1]), split, "image" if words[-1] in IMAGES else "label"


def pairs(keys: Iterable[str], image: str = "", label: str = "") -> list[tuple[str, str, str]]:
    """[(split, key of the pictures, key of their labels or "")]; `image` and `label` name them outright.

    Raises OptionError for a name that is not there, InputError where no name is a picture's.
    """
    keys = sorted(keys)
    for option, wanted in (("image", image), ("label", label)):
        if wanted and wanted not in keys:
            raise OptionError(f"there is no array {wanted!r} for {option}. {nearest(wanted, keys)}")
    roles = {role: key for key in reversed(keys) if (role := role_of(key))}
    if image:
        owner, split, _ = role_of(image) or ("", "", "")
        return [(split, image, label or roles.get((owner, split, "label"), ""))]
    owners = sorted({owner for owner, _, what in roles if what == "image"})
    if len(owners) > 1:
        raise InputError(f"there are several sets of pictures: {some(owners)}. Say which: image=NAME.")
    found = [
        (split, key, roles.get((owner, split, "label"), ""))
        for (owner, split, what), key in sorted(roles.items())
        if what == "image"
    ]
    if not found:
        raise InputError(f"no array is named as pictures are ({', '.join(IMAGES)}): {', '.join(keys)}. Say image=NAME.")
    if label:
        if len(found) > 1:
            raise OptionError(f"label={label!r} does not say for which of {len(found)} arrays: say image=NAME too.")
        found = [(found[0][0], found[0][1], label)]
    return found


class Pixels(Sequence[Any]):
    """Pictures (n, ...) as (H, W) or (H, W, C), each cut out (and read from disk) only when asked for."""

    lazy = True

    def __init__(self, array: Any, name: str) -> None:
        self.array, self.turn, self.side = array, False, 0
        shape = tuple(array.shape)
        encoded = len(shape) == 1 and array.dtype.kind == "O"
        if len(shape) == 2:
            self.side = math.isqrt(shape[1])
        self.turn = len(shape) == 4 and shape[3] > 4 and shape[1] in (1, 2, 3, 4)
        flat = len(shape) == 2 and self.side**2 == shape[1]
        stacked = len(shape) == 3 or (len(shape) == 4 and (self.turn or shape[3] in (1, 2, 3, 4)))
        if not (encoded or flat or stacked) or array.dtype.kind not in "biufO":
            raise InputError(
                f"{name} is {shape} of {array.dtype}; pictures are numbers (n, H, W), (n, H, W, C) or (n, C, H, W) "
                "with 1 to 4 channels, or rows of a square."
            )

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        picture = np.asarray(self.array[place % len(self)])
        if self.side:
            return picture.reshape(self.side, self.side)
        if picture.ndim == 1:  # encoded bytes as numbers, each row of its own length
            return picture.astype(np.uint8).tobytes()
        return picture.transpose(1, 2, 0) if self.turn else picture


def labels_in(labels: Any, n: int, name: str) -> list[Any]:
    """A label for each of n pictures: whole numbers (n,) or (n, 1), one-hot (n, K) as numbers, or names.

    Raises InputError for another length or shape, and for a row with several labels.
    """
    values = np.asarray(labels)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if len(values) != n:
        raise InputError(f"{name}: {count(n, 'picture')}, but {count(len(values), 'label')}. Give one label a picture.")
    if values.ndim == 2 and np.isin(values, (0, 1)).all() and values.dtype.kind in "biuf":
        several = np.flatnonzero(values.sum(axis=1) > 1)
        if len(several):
            raise InputError(f"row {several[0]} of {name} has several labels. Such are read by: 'several({name})'.")
        return [int(row.argmax()) if row.any() else None for row in values]
    if values.ndim != 1:
        raise InputError(f"{name}: labels are {values.shape}; expected (n,), or one-hot (n, classes).")
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values.tolist()]


def assemble(parts: Sequence[Part], classes: Sequence[str] | None, name: str, root: Path) -> Images:
    """Images of arrays, split by split; rows are named by their split (or the file) and their place."""
    blocks = [part.pictures if hasattr(part.pictures, "lazy") else Pixels(part.pictures, name) for part in parts]
    labels, names, splits = [], [], []
    for part, block in zip(parts, blocks, strict=True):
        n, width = len(block), len(str(max(len(block) - 1, 1)))
        labels += [None] * n if part.labels is None else labels_in(part.labels, n, name)
        names += [f"{part.split or name}:{row:0{width}d}" for row in range(n)]
        splits += [part.split] * n
    if not names:
        raise InputError(f"{name} holds no pictures.")
    items = blocks[0] if len(blocks) == 1 else Chain(blocks)
    found = Images.of(
        items, named(labels, classes, name), names=names, classes=classes, split=splits, root=root, came_from=name
    )
    return replace(found, findings=about_classes(found))


def parts_of(arrays: Mapping[str, Any], image: str, label: str) -> list[Part]:
    """The parts of named arrays, pictures with their labels."""
    return [
        Part(split, arrays[pictures], arrays[labels] if labels else None)
        for split, pictures, labels in pairs(arrays, image, label)
    ]


def classes_in(arrays: Mapping[str, Any]) -> list[str] | None:
    """Class names that lie beside the pictures as an array of words."""
    for key in arrays:
        if key.split("/")[-1].lower() in CLASSES:
            words = np.asarray(arrays[key]).tolist()
            return [word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word) for word in words]
    return None
