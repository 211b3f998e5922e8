"""Where the files are that a table speaks of: beside it, in a folder below, with or without their ending."""

import os
from collections.abc import Sequence
from functools import cached_property

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
        folder, _, file = name.rpartition("/")
        if folder not in listed:
            listed[folder] = _files(os.path.join(base, folder or "/" * name.startswith("/")))
        found.append(name if file in listed[folder] else "")
    reasons = [""] * len(found)
    below = Below(base)
    for row, path in enumerate(found):
        if not path:
            found[row], reasons[row] = below.search(wanted[row], splits[row])
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
            return {entry.name for entry in entries if entry.is_file()}
    except OSError:
        return set()


def _open(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir() and entry.name[0] != "." and entry.name.lower() not in HIDDEN


def _add(tails: dict[str, str | list[str]], tail: str, path: str) -> None:
    """One path as itself, several as a list: a million lists would keep the garbage collector busy."""
    other = tails.setdefault(tail, path)
    if other is path:
        return
    if isinstance(other, list):
        other.append(path)
    else:
        tails[tail] = [other, path]


class Below:
    """The pictures below a folder, listed when the first name is looked for that is not where it says."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.tails: dict[int, dict[str, str | list[str]]] = {}

    @cached_property
    def paths(self) -> list[str]:
        """Pictures at most `DEPTH` folders deep, relative to the base; hidden folders are not looked into."""
        found, todo = [], [("", 0)]
        for below, depth in todo:
            try:
                with os.scandir(os.path.join(self.base, below)) as entries:
                    inside = sorted(entries, key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in inside:
                name = f"{below}/{entry.name}" if below else entry.name
                if entry.is_file():
                    found += [name] if is_picture(entry.name) else []
                elif depth < DEPTH and len(todo) < FOLDERS and _open(entry):
                    todo.append((name, depth + 1))
        return found

    def near(self, name: str) -> list[str]:
        """Paths whose last folders and name are this name's in small letters, with the picture's ending or without."""
        depth = name.count("/")
        if depth not in self.tails:
            self.tails[depth] = tails = {}
            for path in self.paths:
                tail = "/".join(path.rsplit("/", depth + 1)[-depth - 1 :]).lower()
                _add(tails, tail, path)
                _add(tails, tail[: tail.rfind(".")], path)
        found = self.tails[depth].get(name.lower(), [])
        return [found] if isinstance(found, str) else found

    def search(self, name: str, split: str) -> tuple[str, str]:
        """(path, "") of the one file that fits a name, else ("", why there is none)."""
        if not name or name.startswith("/") or os.path.isabs(name):
            return "", "not there" if name else "no name"
        if "://" in name:
            return "", "a web address; download it first"
        near = self.near(name)
        whole = is_picture(name)
        fits = [path for path in near if (path if whole else path[: path.rfind(".")]).endswith(name)]
        if len(fits) > 1 and split:
            fits = [path for path in fits if any(split_of(part) == split for part in path.split("/")[:-1])] or fits
        if len(fits) == 1:
            return fits[0], ""
        if fits:
            return "", f"several files fit: {', '.join(fits[:3])}"
        return "", f"there is {near[0]!r}, in another casing" if near else "not there"
