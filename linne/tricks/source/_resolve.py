"""Where the files are that a table speaks of: beside it, in a folder below, with or without their ending."""

import os
from collections import defaultdict
from collections.abc import Sequence

from ._files import HIDDEN, is_picture
from ._say import split_of

DEPTH, FOLDERS = 3, 10_000


def resolve(wanted: Sequence[str], base: str, splits: Sequence[str]) -> tuple[list[str], list[str]]:
    """(path for each wanted name relative to `base`, "" where there is none; why not, "" where there is one).

    A name is looked for as it is written; then, if relative, as the end of a path in the folders below `base`, with any
    picture's ending where it has none. Where several fit, the one in the folder of the row's split counts.
    Each folder is listed once: a million names cost no million system calls.
    """
    listed: dict[str, set[str]] = {}
    found = []
    for name in wanted:
        folder, file = os.path.split(name)
        if folder not in listed:
            listed[folder] = _files(os.path.join(base, folder))
        found.append(name if file and file in listed[folder] else "")
    reasons = [""] * len(found)
    absent = [row for row, path in enumerate(found) if not path]
    if absent:
        index = _index(base)
        for row in absent:
            found[row], reasons[row] = _search(wanted[row], splits[row], index)
    return found, reasons


def clean(name: str) -> str:
    """A table's way of writing a path as a path: "/" between folders, no leading "./"."""
    name = name.replace("\\", "/") if os.sep == "/" else name
    while name.startswith("./"):
        name = name[2:]
    return name


def _files(folder: str) -> set[str]:
    try:
        with os.scandir(folder or ".") as entries:
            return {entry.name for entry in entries if not entry.is_dir()}
    except OSError:
        return set()


def _index(base: str) -> dict[str, list[str]]:
    """Pictures below `base` by their lower-case name and by that name without its ending."""
    index: dict[str, list[str]] = defaultdict(list)
    todo = [("", 0)]
    for below, depth in todo:
        try:
            with os.scandir(os.path.join(base, below)) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in inside:
            name = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir():
                if depth < DEPTH and len(todo) < FOLDERS and entry.name[0] != "." and entry.name.lower() not in HIDDEN:
                    todo.append((name, depth + 1))
            elif is_picture(entry.name):
                index[entry.name.lower()].append(name)
                index[entry.name[: entry.name.rfind(".")].lower()].append(name)
    return index


def _search(name: str, split: str, index: dict[str, list[str]]) -> tuple[str, str]:
    if os.path.isabs(name):
        return "", "not there"
    if "://" in name:
        return "", "a web address; download it first"
    near = index.get(os.path.basename(name).lower(), [])
    fits = [path for path in near if _ends(path, name)]
    if len(fits) > 1 and split:
        fits = [path for path in fits if any(split_of(part) == split for part in path.split("/")[:-1])] or fits
    if len(fits) == 1:
        return fits[0], ""
    if fits:
        return "", f"several files fit: {', '.join(fits[:3])}"
    cased = [path for path in near if _ends(path.lower(), name.lower())]
    return "", f"there is {cased[0]!r}, in another casing" if cased else "not there"


def _ends(path: str, name: str) -> bool:
    if not is_picture(name):
        path = path[: path.rfind(".")]
    return path == name or path.endswith("/" + name)
