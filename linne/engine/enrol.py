"""Which pictures can be enrolled, as whom, and why others cannot: decided before anything is written."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError, OptionError, RunError
from ..core.facts import Facts
from ..core.images import Images
from ..core.names import printable
from ..core.phash import phash
from .held import Held

EMPTY = 0.02
"""Standard deviation of luma (0 to 1) below which a picture shows nothing: the `quality` check's own limit."""
STRANGER = "unknown"
"""What a picture of nobody enrolled is called; no identity's name."""


@dataclass(frozen=True, eq=False)
class New:
    """m pictures that can be enrolled: names (m,) of their identities, features (m, width), and columns of `held.add`.

    left: what was left out, (name, reason). copies: how many were there already or twice. notes: what else to say.
    """

    names: list[str]
    features: np.ndarray
    columns: dict[str, np.ndarray]
    left: tuple[tuple[str, str], ...] = ()
    copies: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def take(self, kept: np.ndarray) -> "New":
        """Those where kept (m,) is True; the others are copies."""
        return replace(
            self, names=[name for name, one in zip(self.names, kept, strict=True) if one], features=self.features[kept],
            columns={name: column[kept] for name, column in self.columns.items()},
            copies=self.copies + int((~kept).sum()),
        )  # fmt: skip


def named(name: str) -> str:
    """An identity's name as it may be. Raises OptionError for an empty one, and for the word for strangers."""
    name = printable(name).strip()
    if not name:
        raise OptionError("An identity needs a name that is not empty.")
    if name.lower() == STRANGER:
        raise OptionError(f"{name!r} is what a picture of nobody enrolled is called. Give the identity another name.")
    return name


def identities(images: Images, name: str) -> list[str]:
    """(n,) whose picture each one is: `name`, or by folder. Raises InputError where that is not told, or told twice."""
    empty = next((found.files for found in images.findings if found.kind == "empty classes"), ())
    if name:
        if len(images.classes) > 1:
            raise InputError(
                f"{images.came_from} has pictures of {len(images.classes)} identities, {', '.join(images.classes[:3])}"
                f"{', ...' if len(images.classes) > 3 else ''}, and --name {name} would make one of them. Drop it, or "
                "give one identity's folder."
            )
        return [named(name)] * len(images)
    if empty:
        raise InputError(f"{empty[0]} in {images.came_from} has no picture. Put one in, or delete the folder.")
    bare = np.flatnonzero(images.labels < 0)
    if len(bare):
        raise InputError(
            f"Nothing tells whose picture {images.names[bare[0]]} is"
            + (f", nor {len(bare) - 1} others" if len(bare) > 1 else "")
            + ". Give a folder with a folder for each identity, or one identity's pictures with --name NAME."
        )
    return [named(images.classes[label]) for label in images.labels]


def apart(place: "Path | None", pictures: Any, images: Images) -> None:
    """Raise RunError where a gallery's place lies in the folder of pictures; beside a picture's own file it may."""
    alone = isinstance(pictures, (str, Path)) and not Path(pictures).is_dir()
    if not alone and place and images.root and place.resolve().is_relative_to(images.root.resolve()):
        raise RunError(f"{place} lies in the pictures' own folder {images.root}. Give the gallery another place.")


def unusable(fact: np.ndarray, features: "np.ndarray | None") -> str:
    """Why a picture cannot be compared with others, "" where it can. fact: its row of Facts."""
    reason = fact["reason"].tolist().decode("utf-8", "replace")
    if reason:
        return reason
    if float(fact["contrast"]) < EMPTY:
        return f"shows nothing: its brightness hardly varies (contrast {float(fact['contrast']):.4f}, below {EMPTY})"
    if features is None or not np.isfinite(features).all() or not np.any(features):
        return "the network gives no features of it"
    return ""


def prepared(images: Images, names: list[str], facts: Facts, features: np.ndarray) -> New:
    """The pictures that can be enrolled, each content once.

    Raises InputError where an identity has none, or one picture is there under two identities, by name.
    """
    why = [unusable(facts.table[row], features[row]) for row in range(len(images))]
    good = np.array([not reason for reason in why], bool)
    _some_of_each(images, names, why)
    rows = np.flatnonzero(good)
    columns = {"pictures": images.names[rows], "hash": facts["hash"][rows], "sight": phash(facts.thumbs, rows),
               "sharpness": facts["sharpness"][rows].astype(np.float32)}  # fmt: skip
    left = tuple((str(images.names[row]), why[row]) for row in np.flatnonzero(~good))
    found = New([names[row] for row in rows], features[rows], columns, left)
    first: dict[bytes, int] = {}
    kept = np.zeros(len(found), bool)
    for place, content in enumerate(columns["hash"].tolist()):
        before = first.setdefault(content, place)
        kept[place] = before == place
        if found.names[before] != found.names[place]:
            raise _twice(columns["pictures"], found.names, before, place)
    return found.take(kept)


def _some_of_each(images: Images, names: list[str], why: list[str]) -> None:
    usable = {name for name, reason in zip(names, why, strict=True) if not reason}
    lacking = [name for name in dict.fromkeys(names) if name not in usable]
    if not lacking:
        return
    row = names.index(lacking[0])
    more = f" Nor {', '.join(map(repr, lacking[1:5]))}{', ...' if len(lacking) > 5 else ''}." if lacking[1:] else ""
    raise InputError(
        f"{lacking[0]!r} has no usable picture: {images.names[row]}: {why[row]}.{more} Nothing was enrolled; give a "
        "picture that shows it, or leave it out."
    )


def _twice(pictures: np.ndarray, names: list[str], before: int, now: int) -> InputError:
    return InputError(
        f"The same picture is there under two identities: {pictures[before]} as {names[before]!r} and {pictures[now]} "
        f"as {names[now]!r}. Nothing was enrolled; delete the wrong one."
    )


def fresh(new: New, held: Held) -> New:
    """Those that the gallery does not hold yet. Raises InputError for one that it holds under another identity."""
    known = {content: row for row, content in enumerate(held.hash.tolist())}
    kept = np.ones(len(new), bool)
    for place, content in enumerate(new.columns["hash"].tolist()):
        row = known.get(content)
        if row is None:
            continue
        kept[place], theirs = False, held.names[held.identity[row]]
        if theirs != new.names[place]:
            raise InputError(
                f"The same picture would be there under two identities: {new.columns['pictures'][place]} is enrolled "
                f"as {theirs!r} ({held.pictures[row]}), and would now be {new.names[place]!r} too. Nothing was "
                "enrolled; leave it out, or put the first right: linne gallery --help"
            )
    return new.take(kept)
