"""Labels as they are after an overlay, written as another tool reads them: which pictures, below which folder, and what
the format cannot say."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.applied import DROPPED
from ..core.errors import InputError, OptionError
from ..core.images import Images
from ..core.load import load
from ..core.lookup import declared, find, names, offer
from ..core.names import printable
from ..core.recipe import Recipe
from ..core.spec import parse
from .data import examine
from .log import Log
from .tree import given

KIND = "labels"


@dataclass(frozen=True, eq=False)
class Kept:
    """Pictures that a file of labels will name. images: their names are paths below `base`. sizes: (n, 2) width and
    height. ways: each class's way in the taxonomy, {} without one. left_out: name and reason of the others."""

    images: Images
    sizes: np.ndarray
    ways: Mapping[str, Sequence[str]]
    base: Path
    left_out: tuple[tuple[str, str], ...]


def chosen(to: str, out: Path) -> str:
    """The format's spec: `to`, or the one format whose files end as `out` does.

    Raises OptionError for a format that is not there, and an ending that says none, several or another one.
    """
    ends = {name: declared(KIND, name, "ends", "") for name in names(KIND)}
    if not to:
        fits = [name for name, end in ends.items() if end and out.suffix.lower() == end]
        if len(fits) != 1:
            raise OptionError(f"--out {out} does not say the format. Say it: --to {' or '.join(fits or ends)}.")
        return fits[0]
    find(KIND, to)
    end = ends.get(parse(to)[0].name, "")
    if end and out.suffix.lower() != end:
        raise OptionError(f"--to {to} is written to a file that ends with {end}, not to {out.name}. Did you mean "
                          f"{out.with_suffix(end).name}?")  # fmt: skip
    return to


def kept(images: Images, recipe: Recipe, log: Log) -> Kept:
    """The pictures that can be read and that the overlay leaves in, with its labels.

    Raises InputError for pictures that are no files, or that share no folder, and what reading the overlay raises.
    """
    if images.targets is not None and recipe.overlay:
        raise OptionError(
            "An overlay decides on one label a picture, and these may have several; leave --overlay away."
        )
    data = examine(images, replace(recipe, check="none", max_unreadable=1.0), log, features=False, several=True)
    rows = np.flatnonzero(data.kept)
    if not len(rows):
        raise InputError(f"No picture of {images.came_from} is left: the overlay leaves all of them out.")
    out = [(str(data.images.names[row]), str(data.why[row])) for row in np.flatnonzero(~data.kept)]
    found = data.images.take(rows)
    names_, base = _below(found)
    found = replace(found, names=names_, columns={})
    sizes = np.stack([data.facts[side][rows] for side in ("width", "height")], axis=1)
    tree = given(recipe.tree, found.classes) if recipe.tree else None
    ways = {name: tree.way(tree.place[name]) for name in found.classes} if tree else {}
    return Kept(found, sizes, ways, base, tuple(out))


def _below(images: Images) -> tuple[np.ndarray, Path]:
    """((n,) paths with "/" below a folder, that folder): the pictures' own, or one above where some lie elsewhere."""
    items: list[Any] = [images.items[row] for row in range(len(images))]
    lost = next((row for row, item in enumerate(items) if not isinstance(item, Path)), None)
    if lost is not None:
        raise InputError(
            f"{images.names[lost]} of {images.came_from} is no file of its own, so that no other tool could find it. "
            "Labels of pictures in folders and tables of paths can be written."
        )
    paths = [os.path.abspath(item) for item in items]
    root = os.path.abspath(images.root) if images.root else os.path.dirname(paths[0])
    if any(not one.startswith(root + os.sep) for one in paths):
        try:
            root = os.path.commonpath([os.path.dirname(one) for one in paths])
        except ValueError as error:
            raise InputError("The pictures lie on several drives; no folder holds them all.") from error
    out = np.empty(len(paths), object)
    out[:] = [os.path.relpath(one, root).replace(os.sep, "/") for one in paths]
    return out, Path(root)


def texts(kept: Kept, to: str) -> dict[str, str]:
    """What the format writes: ending of the file's name ("" for the file itself) to text."""
    offered: dict[str, Any] = {"images": kept.images, "sizes": kept.sizes, "ways": kept.ways}
    return offer(find(KIND, to), **offered)


def lost(kept: Kept, to: str) -> list[str]:
    """What of these labels the format cannot say, a sentence each."""
    name = parse(to)[0].name
    keeps, images = declared(KIND, name, "keeps", ()), kept.images
    said = []
    for what in ("split", "group"):
        if what not in keeps and (getattr(images, what) != "").any():
            said.append(f"{name} has no {what}s: they are left away.")
    if kept.ways and "taxonomy" not in keeps:
        deep = max(map(len, kept.ways.values())) > 2
        if "parent" not in keeps:
            said.append(f"{name} has no taxonomy: it is left away.")
        elif deep:
            said.append(f"{name} holds the branch right above a class only: higher ones are left away.")
    if images.targets is not None:
        unknown = images.targets < 0
        whole = np.asarray(unknown.all(1))
        n = int((unknown & ~whole[:, None]).sum()) if "nothing known" in keeps else int(unknown.sum())
        if n and "not known" not in keeps:
            said.append(f"{name} cannot say 'not known': {n:,} such answers read as no.")
    odd = [str(one) for one in (*images.names, *images.classes) if printable(str(one)) != str(one)]
    return [*said, f"{len(odd):,} names hold characters that are written as escapes."] if odd else said


def described(left_out: Sequence[tuple[str, str]]) -> str:
    """How many are left out, and why the first was."""
    if not left_out:
        return ""
    dropped = sum(why == DROPPED for _, why in left_out)
    name, why = left_out[0]
    more = f", {dropped:,} of them dropped by the overlay" if dropped else ""
    return f"{len(left_out):,} pictures left out{more}; the first: {printable(name)}: {why}"


def formats() -> dict[str, str]:
    """Each format and what its files end with."""
    return {name: declared(KIND, name, "ends", "") for name in names(KIND)}


def imported(path: Path, root: Path, several: bool) -> Images:
    """The pictures and labels of a file that another tool exported, looked for below `root`. Raises what reading it
    raises."""
    return find("source", "several")(path, root=str(root)) if several else load(path, root=str(root))
