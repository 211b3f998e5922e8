"""Files as they lie on a disk: one walk through a tree, names that can be printed, paths made only when asked for."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PICTURES = frozenset(
    [
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
        ".heic", ".heif", ".hif", ".avif", ".mpo", ".apng",
    ]
)  # fmt: skip
HIDDEN = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"})


@dataclass
class Tree:
    """What one walk met. folders: names of the pictures in each folder (the folder relative to the root, "" is the
    root). empty: folders that hold no picture themselves. The rest are names of what is no picture."""

    folders: dict[str, list[str]] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(map(len, self.folders.values()))

    def paths(self) -> list[str]:
        """Every picture relative to the root, by folder, then by name."""
        return [join(folder, name) for folder in sorted(self.folders) for name in sorted(self.folders[folder])]


def is_picture(name: str) -> bool:
    """Whether the name ends as a picture's does; what is inside is for the checks to tell."""
    return name[name.rfind(".") :].lower() in PICTURES and not name.startswith(".")


def join(folder: str, name: str) -> str:
    """Relative names with "/" on every system."""
    return f"{folder}/{name}" if folder else name


def walk(root: str) -> Tree:
    """Every file below `root`; a folder reached twice through a link is read once, the real one first.

    Raises OSError when the root itself cannot be read.
    """
    tree, seen, links = Tree(), {_identity(root)}, []
    todo = [""]
    while todo or links:
        below = todo.pop() if todo else links.pop(0)
        if below and not _first(join(root, below), seen):
            tree.again.append(below)
            continue
        try:
            with os.scandir(join(root, below) if below else root) as entries:
                _sort(tree, below, entries, todo, links)
        except OSError:
            if not below:
                raise
            tree.unreadable.append(below)
    for names in (tree.empty, tree.stray, tree.hidden, tree.broken, tree.unreadable, tree.again):
        names.sort()
    return tree


def _sort(tree: Tree, below: str, entries: Iterable[Any], todo: list[str], links: list[str]) -> None:
    pictures, folders = [], []
    for entry in entries:
        name, what = entry.name, _what(entry)
        if what == "file":
            pictures.append(name) if is_picture(name) else tree.stray.append(join(below, name))
        elif what in ("broken", "special"):
            (tree.broken if what == "broken" else tree.stray).append(join(below, name))
        elif name.startswith(".") or name.lower() in HIDDEN:
            tree.hidden.append(join(below, name))
        else:
            (links if what == "link" else folders).append(join(below, name))
    todo += folders
    links.sort()
    if pictures:
        tree.folders[below] = pictures
    else:
        tree.empty.append(below)


def _what(entry: Any) -> str:
    try:
        if entry.is_file():
            return "file"
        if entry.is_dir():
            return "link" if entry.is_symlink() else "folder"
        return "broken" if entry.is_symlink() else "special"
    except OSError:
        return "broken"


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _first(path: str, seen: set[tuple[int, int]]) -> bool:
    try:
        identity = _identity(path)
    except OSError:
        return True  # scandir will say why
    if identity in seen:
        return False
    seen.add(identity)
    return True


def looks_like_picture(path: "str | Path") -> bool:
    """Whether the first bytes are those of a picture, whatever the name says; False where they cannot be read."""
    from linne.core.decode import sniff

    if not os.path.isfile(path):
        return False  # a pipe would wait for ever
    try:
        with open(path, "rb") as file:
            return bool(sniff(file.read(64)))
    except OSError:
        return False


class Files(Sequence[Path]):
    """Paths below a root, made only when asked for: a million names cost no million Path objects."""

    def __init__(self, root: "str | Path", names: Sequence[str]) -> None:
        self.root, self.names = os.fspath(root), names

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return Files(self.root, self.names[place])
        return Path(self.root, str(self.names[place]))
