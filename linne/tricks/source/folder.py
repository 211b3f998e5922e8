"""folder: a folder per class, splits above them where there are any, or just pictures.

Layouts as torchvision's ImageFolder, Ultralytics' `train/ val/ test/` and Keras' flat folders have them. A class is the
first folder (below the split), however deep its pictures lie, unless folders nest. Nothing is decoded or written.
"""

import os
from dataclasses import replace
from pathlib import Path

from linne.core.errors import InputError, OptionError, nearest
from linne.core.finding import Finding
from linne.core.images import Images
from linne.core.names import printable, unique

from ._files import PICTURES, Files, Tree, is_picture, join, looks_like_picture, walk
from ._say import about_classes, about_files, about_strays, count, some, split_of

suffixes = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
    ".heic", ".heif", ".hif", ".avif", ".mpo", ".apng",
)  # fmt: skip
folders = True
LAYOUTS = ("auto", "classes", "splits", "flat")


def folder(path: "str | Path", *, layout: str = "auto", nested: bool = False) -> Images:
    """Pictures below a folder, or one picture file, sorted by name.

    layout: "classes" is root/class/..., "splits" is root/{train,val,test}/class/... in any casing, "flat" takes no
    label from folders; "auto" reads splits where every folder is one (or two different ones are there), else classes.
    nested: a class is the whole way to its pictures' own folder, "bird/owl", which --tree names reads as a taxonomy.
    Names are paths relative to the folder, with "/". Raises InputError when it cannot be read or holds no picture.
    """
    if layout not in LAYOUTS:
        raise OptionError(f"folder has no layout {layout!r}. {nearest(layout, LAYOUTS)}")
    root = Path(path).expanduser()
    if root.is_file():
        return _single(root)
    tree = _walk(root)
    base = _base(tree) if layout == "auto" else ""
    layout = _layout(tree, base) if layout == "auto" else layout
    if nested and layout == "flat":
        raise OptionError("nested has no effect with layout=flat, which takes no label from folders. Drop one of them.")
    rows, outside = _rows(tree, base, layout, nested)
    if not rows:
        raise InputError(f"{str(root)!r} has no pictures in a train, validation or test folder. Say layout=classes.")
    names = [name for name, _, _ in rows]
    images = Images.of(
        Files(root, names),
        [label for _, label, _ in rows],
        names=unique(names),
        split=[split for _, _, split in rows],
        root=root,
        came_from=str(path),
    )
    found = (
        *about_classes(images),
        *_about_layout(images, layout, base, outside, tree),
        *_about_tree(tree, base, "nested" if nested else layout, str(root)),
    )
    return replace(images, findings=found)


def _single(path: Path) -> Images:
    if not is_picture(path.name) and not looks_like_picture(path):
        raise InputError(f"{str(path)!r} is a file, and no picture. Give the folder that the pictures are in.")
    return Images.of([path], names=unique([path.name]), root=path.parent, came_from=str(path))


def _walk(root: Path) -> Tree:
    try:
        tree = walk(os.fspath(root))
    except FileNotFoundError as error:
        raise InputError(f"{str(root)!r} is not there. Give a folder of pictures.") from error
    except OSError as error:
        raise InputError(f"{str(root)!r} cannot be read: {error.strerror}. Check its permissions.") from error
    if not len(tree):
        raise InputError(_nothing(root, tree))
    return tree


def _nothing(root: Path, tree: Tree) -> str:
    if tree.unreadable:
        return f"{str(root)!r}: no picture can be read; no permission for {some(tree.unreadable)}."
    left = tree.stray + tree.broken + tree.hidden
    if not left:
        return f"{str(root)!r} is empty: no picture in it or below it."
    return (
        f"{str(root)!r} holds no picture, only {some(left)}. "
        f"A picture's name ends in one of {', '.join(sorted(PICTURES))}; unpack archives first."
    )


def _tops(tree: Tree, base: str) -> list[str]:
    """The folders right below `base` that have pictures in or below them."""
    start = len(base) + 1 if base else 0
    return sorted({name[start:].split("/")[0] for name in tree.folders if name != base})


def _base(tree: Tree) -> str:
    """Where the classes begin: below lone folders such as photos/photos/, if several folders follow."""
    base = ""
    while base not in tree.folders and len(tops := _tops(tree, base)) == 1 and not split_of(tops[0]):
        base = join(base, tops[0])
    return base if base not in tree.folders or len(_tops(tree, base)) > 1 else ""


def _layout(tree: Tree, base: str) -> str:
    tops = _tops(tree, base)
    splits = {split_of(top) for top in tops}
    if not tops:
        return "flat"
    if (splits and "" not in splits and base not in tree.folders) or len(splits - {""}) > 1:
        return "splits"
    return "classes"


def _rows(tree: Tree, base: str, layout: str, nested: bool) -> tuple[list[tuple[str, str, str]], list[str]]:
    """[(relative name, class or "", split or "")] and the folders beside the splits."""
    rows, outside = [], []
    start = len(base) + 1 if base else 0
    for folder in sorted(tree.folders):
        parts = folder[start:].split("/") if len(folder) > start else []
        split = split_of(parts[0]) if layout == "splits" and parts else ""
        if layout == "splits" and not split:
            outside.append(folder)
            continue
        place = {"classes": 0, "splits": 1, "flat": len(parts)}[layout]
        label = printable("/".join(parts[place:] if nested else parts[place : place + 1]))
        rows += [(join(folder, name), label, split) for name in sorted(tree.folders[folder])]
    return rows, outside


def _about_layout(images: Images, layout: str, base: str, outside: list[str], tree: Tree) -> list[Finding]:
    found = []
    if base:
        why = f"the classes are the folders inside {base!r}, the only folder at the top."
        found.append(Finding((), "lone folder", "low", why, "Nothing to do; say layout=classes to take it as a class."))
    if outside:
        lost = sum(len(tree.folders[folder]) for folder in outside)
        why = f"{count(lost, 'picture')} left out, because they lie beside the splits: {some(outside)}."
        fix = "Move them into train, validation or test, or say layout=classes if those are classes."
        found += about_files("folders beside the splits", "high", outside, why, fix)
    bare = (images.labels < 0).nonzero()[0].tolist()
    if layout != "flat" and len(bare):
        why = f"{count(len(bare), 'picture')} in no class folder: no label, so they neither teach nor judge."
        fix = "Move them into a folder named as their class."
        found.append(Finding(tuple(bare), "no class folder", "medium", why, fix))
    return found


def _about_tree(tree: Tree, base: str, layout: str, root: str) -> tuple[Finding, ...]:
    empty = _empty_classes(tree, base, layout)
    return (
        *about_files(
            "unreadable folders",
            "high",
            tree.unreadable,
            f"{count(len(tree.unreadable), 'folder')} left out, because they may not be read: {some(tree.unreadable)}.",
            "Give yourself the permission to read them (chmod u+rx).",
        ),
        *about_files(
            "broken links",
            "high",
            tree.broken,
            f"{count(len(tree.broken), 'link')} left out that lead nowhere: {some(tree.broken)}.",
            "Mend or delete them.",
        ),
        *about_files(
            "empty classes",
            "medium",
            empty,
            f"{count(len(empty), 'class folder')} without a picture: {some(empty)}; no class is made of them.",
            "Add pictures, or delete the folders.",
        ),
        *about_files(
            "folders met twice",
            "low",
            tree.again,
            f"{count(len(tree.again), 'link')} to a folder that was read already: {some(tree.again)}.",
            "Nothing to do; each folder is read once.",
        ),
        *about_files(
            "hidden folders",
            "low",
            tree.hidden,
            f"{count(len(tree.hidden), 'hidden folder')} not looked into: {some(tree.hidden)}.",
            "Nothing to do; rename them if their pictures should take part.",
        ),
        *about_strays(root, tree.stray),
    )


def _empty_classes(tree: Tree, base: str, layout: str) -> list[str]:
    """Folders at the place of a class with no picture in or below them; where classes nest, those that hold nothing."""
    if layout == "flat":
        return []
    if layout == "nested":
        held = {"/".join(parts[:k]) for name in (*tree.folders, *tree.empty) if (parts := name.split("/"))
                for k in range(len(parts))}  # fmt: skip
        return [name for name in tree.empty if name not in held]
    depth = (base.count("/") + 1 if base else 0) + (2 if layout == "splits" else 1)
    full = {"/".join(name.split("/")[:depth]) for name in tree.folders}
    candidates = [name for name in tree.empty if name and name.count("/") + 1 == depth and name not in full]
    if layout == "splits":
        candidates = [name for name in candidates if split_of(name.split("/")[-2])]
    return candidates
