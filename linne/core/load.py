"""load(): whatever a person names as pictures becomes `Images`.

Which source reads a path is told by the sources themselves, in constants that are read without importing them:
`suffixes` (endings of file names), `prefix` ("hf:"), `words` (named sets), `holds` (names inside a folder that make it
this source's), `frames` (it takes tables in memory), `folders` (it takes every other folder), `remote` (it takes URLs).
"""

import fnmatch
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError, LinneError, OptionError, nearest
from .images import Images, Item
from .lookup import bind, declared, find, names
from .names import printable, unique
from .spec import Spec, parse

GLOB = re.compile(r"[*?{\[]")
URL = re.compile(r"[a-z][a-z0-9+.-]*://")


def load(source: Any, **options: Any) -> Images:
    """Pictures from a folder, a file, a table, a list, a named set or a spec; listed only, nothing is decoded.

    source: a path (folder per class, picture, CSV, TSV, JSONL, Parquet, "path label" list, npz, idx, HDF5, JSON
    annotations, tar shards), a URL (s3://bucket/photos/), the name of a set ("digits", "mnist"), "hf:owner/name", a
    DataFrame, a list of paths, bytes, arrays or PIL images, `Images` (returned as they are), or a source with its
    options: "table(photos.csv, image=file, label=species)". An existing path goes before a named set.
    options: the options of that source. Raises InputError for what cannot be read, OptionError for what is not there.
    """
    try:
        return _load(source, options)
    except LinneError as error:
        error.args = (printable(str(error)),)  # a file's name need not be text, a message must be
        raise


def _load(source: Any, options: Mapping[str, Any]) -> Images:
    if isinstance(source, Images) or _in_memory(source):
        if options:
            raise OptionError(f"pictures in memory take no options, got {', '.join(options)}.")
        return source if isinstance(source, Images) else memory(source)
    if _is_frame(source):
        return _call(Spec(_declaring("frames")), source, options)
    if not isinstance(source, (str, os.PathLike)):
        raise InputError(f"pictures come from a path, a list or a table, not from {type(source).__name__}.")
    text = os.fspath(source)
    if not text.strip():
        raise InputError("no path was given. Name a folder of pictures, a table, or a set such as 'digits'.")
    spec, path = _written(text)
    return _call(spec, path, options, came_from=text)


def memory(pictures: "Sequence[Any] | np.ndarray") -> Images:
    """Unlabelled Images from paths, encoded bytes, arrays (H, W) or (H, W, C), or PIL images; every one is a row."""
    if isinstance(pictures, np.ndarray) and pictures.dtype != object:
        if pictures.ndim not in (3, 4):
            raise InputError(f"an array of pictures is (n, H, W) or (n, H, W, C), got {pictures.shape}.")
        return Images.of(pictures, came_from="memory")  # type: ignore[arg-type]
    items = [item_of(picture, row) for row, picture in enumerate(pictures)]
    paths = [os.fspath(item) for item in items if isinstance(item, Path)]
    if items and len(paths) == len(items):
        return Images.of(items, names=unique(paths), came_from="memory")
    return Images.of(items, came_from="memory")


def item_of(picture: Any, row: int) -> Item:
    """A path, bytes, array or PIL image as an item of Images; raises InputError for anything else."""
    if isinstance(picture, (str, os.PathLike)):
        return Path(picture).expanduser()
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return bytes(picture)
    if hasattr(picture, "getbands"):  # PIL: a palette's numbers are no colours
        plain = picture.mode in ("L", "RGB", "RGBA", "F", "I;16")
        picture = np.asarray(picture if plain else picture.convert("RGBA" if "A" in picture.mode else "RGB"))
    if isinstance(picture, np.ndarray) and picture.ndim in (2, 3):
        return picture
    what = f"an array of shape {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__
    raise InputError(f"picture {row} is {what}; allowed: a path, bytes, a PIL image or an array (H, W[, C]).")


def _in_memory(source: Any) -> bool:
    return isinstance(source, (list, tuple, np.ndarray))


def _is_frame(source: Any) -> bool:
    columns = hasattr(source, "columns") or hasattr(source, "column_names")
    return isinstance(source, Mapping) or (columns and hasattr(source, "__getitem__"))


def _call(spec: Spec, path: Any, options: Mapping[str, Any], came_from: str = "") -> Images:
    trick = find("source", spec.name)
    full = Spec(spec.name, spec.args, (*spec.options, *options.items()))
    images = trick(path, **bind("source", full, trick))
    return replace(images, came_from=printable(came_from) or images.came_from)


def _declaring(constant: str) -> str:
    return next(name for name in names("source") if declared("source", name, constant))


def _written(text: str) -> tuple[Spec, str]:
    """(source with the options written in `text`, the path it gets)."""
    head = text.partition("(")[0].strip()
    if not text.rstrip().endswith(")") or not head or os.path.exists(os.path.expanduser(text)):
        return _decide(text)
    if not _known(head):
        near = nearest(head, names("source"))
        raise (
            OptionError(f"there is no source called {head!r}. {near}") if "mean" in near else InputError(_missing(text))
        )
    parts = parse(text)
    if len(parts) != 1:
        raise OptionError(f"{text!r} names {len(parts)} sources; give one.")
    spec = parts[0]
    if spec.name not in names("source"):
        source, path = _decide(head)
        return Spec(source.name, spec.args, spec.options), path
    if not spec.args:
        raise OptionError(f"{text!r} names no path. Write it first: {spec.name}(PATH, ...).")
    return Spec(spec.name, spec.args[1:], spec.options), str(spec.args[0])


def _known(head: str) -> bool:
    """Whether what stands before a bracket is a source, a path, a named set or has a source's prefix."""
    starts = [start for name in names("source") if (start := declared("source", name, "prefix"))]
    words = [word for name in names("source") for word in declared("source", name, "words", ())]
    return (
        head in names("source")
        or head.lower() in words
        or head.startswith(tuple(starts))
        or os.path.exists(os.path.expanduser(head))
        or GLOB.search(head) is not None
    )


def _decide(text: str) -> tuple[Spec, str]:
    for name in names("source"):
        prefix = declared("source", name, "prefix")
        if prefix and text.startswith(prefix):
            return Spec(name), text[len(prefix) :]
    if URL.match(text):
        return Spec(_declaring("remote")), text
    path = os.path.expanduser(text)
    if os.path.isdir(path):
        return Spec(_holding(path) or _declaring("folders")), path
    if not os.path.exists(path):
        for name in names("source"):
            if text.lower() in declared("source", name, "words", ()):
                return Spec(name), text.lower()
        if not GLOB.search(text):
            raise InputError(_missing(path))
    return Spec(_by_suffix(path)), path


def _by_suffix(path: str) -> str:
    lower = path.lower()
    ends = {end: name for name in names("source") for end in declared("source", name, "suffixes", ())}
    fitting = [end for end in ends if lower.endswith(end)]
    if fitting:
        return ends[max(fitting, key=len)]
    suffix = os.path.splitext(lower)[1]
    if suffix in (".zip", ".rar", ".7z", ".gz", ".bz2", ".xz"):
        raise InputError(f"{path!r} is an archive. Unpack it, then give the folder.")
    if suffix in (".xls", ".xlsx", ".ods"):
        raise InputError(f"{path!r} is a spreadsheet. Save it as CSV in UTF-8, then give that file.")
    raise InputError(f"no source reads {path!r}: its ending is unknown. {nearest(suffix, ends)}")


def _holding(path: str) -> str:
    """The source that a folder's content belongs to, or "": decided by names at its top alone."""
    patterns = {name: declared("source", name, "holds", ()) for name in names("source")}
    pictures = tuple(declared("source", _declaring("folders"), "suffixes", ()))
    try:
        with os.scandir(path) as entries:
            inside = [entry.name.lower() for entry in entries if not entry.name.lower().endswith(pictures)]
    except OSError:
        return ""  # the folder's own source says why it cannot be read
    for name, held in patterns.items():
        fits = re.compile("|".join(map(fnmatch.translate, held)) or "(?!)").match
        if any(fits(entry) for entry in inside):
            return name
    return ""


def _missing(path: str) -> str:
    """What to say about a path that is not there: the nearest name beside it, or the nearest named set."""
    if os.path.islink(path):
        return f"{path!r} is a link that leads nowhere: {os.readlink(path)!r} is not there."
    absent = Path(path)
    parent = absent.parent
    while not parent.is_dir() and parent != parent.parent:
        absent, parent = parent, parent.parent
    words = [word for name in names("source") for word in declared("source", name, "words", ())]
    try:
        beside = [name for name in os.listdir(parent) if not name.startswith(".")]
    except OSError:
        beside = []
    where = "" if absent == Path(path) else f": {str(parent)!r} has no {absent.name!r}"
    alone = len(Path(path).parts) == 1
    return f"{path!r} is not there{where}. {nearest(absent.name, beside + words * alone)}"
