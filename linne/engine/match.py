"""The pictures that several runs judged: matched by content, names second, with classes by name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from ..core.deal import codes
from ..core.errors import InputError, OptionError, nearest
from ..core.groups import merge, written
from ..core.overlay import Overlay
from ..core.predictions import Predictions, placed
from ..core.run import Run
from ..core.several import Several
from .overlay import judged

PARTS = ("test", "validation", "train")
"""Stored predictions that can be compared; those of "train" are by models that had not learned the picture."""


@dataclass(frozen=True, eq=False)
class Common:
    """What several runs said of the same pictures, in the same order, over the same classes.

    said: a Predictions a run. notes: what was left out and why, a sentence each.
    """

    said: tuple[Predictions, ...]
    notes: tuple[str, ...]


def common(runs: Sequence[Run], part: str = "test", overlay: "Overlay | None" = None) -> Common:
    """The labelled pictures of `part` that every run judged, none had learned from, and all label alike: as each run
    had them, or as the overlay has them.

    Raises OptionError for another part, InputError where no picture or fewer than two classes are common or a run
    holds no predictions of `part`.
    """
    if part not in PARTS:
        raise OptionError(f"split={part!r} cannot be compared. {nearest(part, PARTS)}")
    if overlay is not None and runs[0].several:
        raise OptionError("--overlay is of one label a picture; these have several.")
    if len({run.several for run in runs}) > 1:
        raise InputError("Some of the runs say one label a picture and others several: these cannot be compared.")
    sides = [_Side(run, part, overlay) for run in runs]
    notes = [note for side in sides for note in side.decided]
    notes += [note for side in sides[1:] for note in side.rename(sides[0])]
    shared = [mark for mark in sides[0].judged if all(mark in side.judged for side in sides[1:])]
    notes += [note for side in sides for note in side.alone(shared, sides)]
    if not shared:
        raise InputError(
            f"{' and '.join(str(run.path) for run in runs)} judged no {part} picture in common, and only the same "
            "pictures can tell which is better. Train both on the same data, or judge each with: linne evaluate"
            + "".join(f"; {note}" for note in notes)
        )
    said = [side.said.take([side.judged[mark] for mark in shared]) for side in sides]
    said = labelled([one for one in said if isinstance(one, Several)], notes) if runs[0].several else said
    leaked = np.logical_or.reduce([side.leaked(one.rows) for side, one in zip(sides, said, strict=True)])
    words = [_answers(one) for one in said]
    unlike = np.logical_or.reduce([(word != words[0]).reshape(len(word), -1).any(1) for word in words])
    if leaked.any():
        notes.append(f"{int(leaked.sum()):,} pictures are left out: a run learned from their twin or group")
    if unlike.any():
        notes.append(f"{int(unlike.sum()):,} pictures are left out: the runs have them in different classes")
    fit = np.flatnonzero(~np.asarray(leaked | unlike))
    said = _classed([one.take(fit) for one in said], notes)
    if not len(fit):
        raise InputError(f"None of {len(shared):,} common pictures is left to compare: {'; '.join(notes)}.")
    group = written(reduce(merge, [codes(one.group) for one in said], np.arange(len(fit))))
    return Common(tuple(replace(one, rows=np.arange(len(fit)), group=group) for one in said), tuple(notes))


class _Side:
    """One run's labelled predictions of a part. judged: place in `said` by what the picture is known by."""

    def __init__(self, run: Run, part: str, overlay: "Overlay | None" = None) -> None:
        self.run, self.part = run, part
        self.said = _stored(run, part)
        table = run.images()
        self.table = {name: np.array(table[name].to_pylist(), dtype=object) for name in table.column_names}
        self.decided = self._relabel(overlay) if overlay is not None else []
        self.marks: list[str] = _numbered(self.table["hash"])
        self.judged: dict[str, int] = {self.marks[row]: place for place, row in enumerate(self.said.rows.tolist())}

    def _relabel(self, overlay: Overlay) -> list[str]:
        """Judge by the overlay's labels; what is to be said of it."""
        words = [word or "" for word in self.table["label"]]
        said, notes = judged(overlay, self.said, self.table["name"], words, self.table["hash"].tolist())
        self.said = said.take(np.flatnonzero(said.labels >= 0))
        return [f"{self.run.path}: {note}" for note in notes]

    def names(self) -> dict[tuple[str, int, int], str]:
        """(name, width, height) of every picture to what it is known by."""
        keys = zip(*(self.table[name] for name in ("name", "width", "height")), strict=True)
        return dict(zip(keys, self.marks, strict=True))

    def rename(self, first: "_Side") -> list[str]:
        """Know pictures whose bytes the first run never saw by the first run's of the same name and size in px."""
        own, theirs = set(self.marks), set(first.marks)
        known = {key: mark for key, mark in first.names().items() if mark not in own}
        new = {mark: known[key] for key, mark in self.names().items() if mark not in theirs and key in known}
        self.marks = [new.get(mark, mark) for mark in self.marks]
        self.judged = {new.get(mark, mark): place for mark, place in self.judged.items()}
        count = sum(mark in first.judged for mark in self.judged if mark in set(new.values()))
        return [f"{count:,} pictures are matched by name and size, their bytes differ"] if count else []

    def alone(self, shared: Sequence[str], sides: "Sequence[_Side]") -> list[str]:
        """How many pictures this run judged that are not compared, and what the others did with them."""
        left = set(self.judged).difference(shared)
        if not left:
            return []
        others = [side for side in sides if side is not self]
        learned = sum(any(mark in side.taught for side in others) for mark in left)
        told = [f"another run learned from {learned:,} of them"] if learned else []
        told += [f"another run did not have or judge {len(left) - learned:,} of them"] if len(left) > learned else []
        return [f"{len(left):,} {self.part} pictures of {self.run.path} are left out: {' and '.join(told)}"]

    @property
    def taught(self) -> set[str]:
        """What the run learned from or made choices by, as it is known here."""
        split, kept = self.table["split"], self.table["kept"].astype(bool)
        held = kept & np.isin(split.astype(str), ("train", "validation"))
        return {mark for mark, learned in zip(self.marks, held.tolist(), strict=True) if learned}

    def leaked(self, rows: np.ndarray) -> np.ndarray:
        """(len(rows),) bool: their group, which twins share, has pictures in an earlier part than theirs."""
        split, group = self.table["split"].astype(str), self.table["group"].astype(str)
        earlier = np.isin(split, PARTS[PARTS.index(self.part) + 1 :]) & self.table["kept"].astype(bool)
        return (group[rows] != "") & np.isin(group[rows], group[earlier])


def _stored(run: Run, part: str) -> Predictions:
    """The run's labelled predictions of a part; raises InputError that names a part which it has."""
    have = []
    for name in PARTS:
        try:
            said = run.predictions(name)
        except InputError:
            continue
        if name == part:
            return said.take(np.flatnonzero(said.labelled))
        have.append(name)
    raise InputError(
        f"{run.path} holds no predictions of {part!r} pictures. Compare with: --split {have[0] if have else 'train'}"
    )


def _numbered(marks: np.ndarray) -> list[str]:
    """Content hashes with the count of equal ones before, so that the same bytes twice are two pictures."""
    seen: Counter[str] = Counter()
    out = []
    for mark in marks.tolist():
        out.append(f"{mark}-{seen[mark]}")
        seen[mark] += 1
    return out


def _answers(said: Predictions) -> np.ndarray:
    """What is known of their pictures: (n,) words, or (n, K) targets."""
    return said.targets if isinstance(said, Several) else np.array(said.classes, dtype=object)[said.labels]


def labelled(said: list[Several], notes: list[str]) -> list[Predictions]:
    """The same with the labels alone that all of them say, in the first run's order."""
    both = [name for name in said[0].classes if all(name in one.classes for one in said)]
    if not both:
        raise InputError("The runs have no label in common, and only the same labels can tell which is better.")
    only = sorted({name for one in said for name in one.classes} - set(both))
    if only:
        notes.append(f"the runs do not all know the same labels; {len(both)} common ones count, not: {', '.join(only)}")
    out: list[Predictions] = []
    for one in said:
        columns = np.array([one.classes.index(name) for name in both])
        out.append(replace(one, logits=one.logits[:, columns], targets=one.targets[:, columns],
                           thresholds=one.thresholds[..., columns], classes=tuple(both)))  # fmt: skip
    return out


def _classed(said: list[Predictions], notes: list[str]) -> list[Predictions]:
    """The same with one list of classes: the first run's, then those that only others know, never named by the rest."""
    if all(one.classes == said[0].classes for one in said):
        return said
    every = tuple(dict.fromkeys(name for one in said for name in one.classes))
    both = [name for name in every if all(name in one.classes for one in said)]
    if len(both) < 2:
        raise InputError(
            f"The runs have {len(both)} classes in common; at least two are needed. "
            + " ".join(
                f"One knows {', '.join(one.classes[:5])}{', ...' if len(one.classes) > 5 else ''}." for one in said
            )
        )
    if len(both) < len(every):
        only = ", ".join(name for name in every if name not in both)
        notes.append(
            f"the runs do not all know the same classes; pictures of {len(both)} common ones count, not: {only}"
        )
    out = []
    for one in said:
        columns = np.array([every.index(name) for name in one.classes])
        labels = columns[one.labels] if len(one) else one.labels
        out.append(replace(one, logits=placed(one.logits, columns, len(every)), labels=labels, classes=every))
    return out
