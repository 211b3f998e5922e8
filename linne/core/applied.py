"""What an overlay's decisions come to for pictures: labels changed, pictures left out, labels that a person vouches
for; and what in it fits nothing any more, said."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .errors import InputError, LinneError, nearest
from .finding import Finding
from .images import Images, Taken
from .load import load
from .names import unique
from .overlay import Overlay, Row, joined, parted

MARK = "overlay"
"""The column of Images that says what was decided: one of VOUCHED, "unsure", or ""."""
VOUCHED = ("confirmed", "relabelled", "labelled", "added")
"""Labels that a person gave or confirmed: "labelled" once, of a picture that had none, so that nobody has looked at it
again; "added" of a picture that lies in a pool, which teaches and never judges."""
DROPPED, BAD = "dropped by the overlay", "a bad picture, says the overlay"
OUT = {"drop": DROPPED, "bad picture": BAD}
NEW = "new class"
"""How the note of a row begins that says that its class is one that the pictures do not have yet."""
SHOWN = 5
"""At most so many names in a message."""


@dataclass(frozen=True)
class State:
    """Where decisions leave a picture: its class ("" for none), what MARK says, why it is left out, who said so."""

    label: str
    mark: str = ""
    why: str = ""
    by: "Row | None" = None


@dataclass(frozen=True, eq=False)
class Decided:
    """What decisions come to: states, one a picture; findings: what does not fit."""

    states: list[State]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Applied:
    """An overlay that was applied: the pictures, (n,) why each is left out, (n,) bool whether its label changed."""

    overlay: Overlay
    images: Images
    why: np.ndarray
    changed: np.ndarray
    findings: tuple[Finding, ...] = field(default=())

    def figures(self, split: np.ndarray) -> dict[str, Any]:
        """JSON-ready: how many of each, by split (n,); a sentence; the file's path and hash."""
        marks = marked(self.images)
        parts = {str(part or "no part"): int((self.changed & (split == part)).sum()) for part in np.unique(split)}
        out = {
            "path": str(self.overlay.path), "hash": self.overlay.hash, "changed": int(self.changed.sum()),
            "changed_by_split": {part: count for part, count in parts.items() if count},
            "left_out": int((self.why != "").sum()), "waiting": len(self.overlay.waiting),
            **{mark: int((marks == mark).sum()) for mark in (*VOUCHED, "unsure")},
            "notes": [one.why for one in self.findings],
        }  # fmt: skip
        return out | {"sentence": _sentence(out)}


def marked(images: Images) -> np.ndarray:
    """(n,) str object: what MARK says of each picture, "" without an overlay."""
    return np.asarray(images.columns.get(MARK, np.full(len(images), "", object)), object)


def vouched(images: Images) -> np.ndarray:
    """(n,) bool: whose label a person confirmed, corrected or gave in an overlay."""
    return np.isin(marked(images).astype(str), VOUCHED)


def added(images: Images) -> np.ndarray:
    """(n,) bool: pictures of a pool that an overlay labelled: they were chosen, and so teach but never judge."""
    return marked(images) == "added"


def widened(images: Images, overlay: Overlay) -> Images:
    """With the pictures of pools that the overlay gives a label, still without it; in the train part where there are
    parts. Rows whose pool or picture is gone are left to `apply`, which says so."""
    out = images
    for folder in dict.fromkeys(row.folder for row in overlay.decided if row.folder):
        rows = [row for row in overlay.decided if row.folder == folder]
        labelled = [name for name, own in _by_name(rows, "picture").items() if _labels(own)]
        try:
            pool = load(overlay.home(folder))
        except LinneError:
            continue
        place = dict(zip(pool.names.tolist(), range(len(pool)), strict=True))
        found = [place[name] for name in labelled if name in place]
        out = _beside(out, pool.take(np.array(found, np.int64)), folder) if found else out
    return out


def apply(overlay: Overlay, images: Images, hashes: np.ndarray, elsewhere: Collection[str] = ()) -> Applied:
    """The pictures as the overlay has them, without a label where it leaves them out.

    hashes: (n,) V16 of their content. elsewhere: names that are not asked of.
    Raises InputError for a class that is not there, an overlay without decisions, or one whose pictures are all gone.
    """
    words = _told(images)
    found = decided(overlay, images.names.tolist(), words, [one.tobytes().hex() for one in hashes], elsewhere)
    images = _wider(images, overlay, found.states)
    _known(overlay, found.states, images)
    relabelled = _targets(images, words, found.states)
    index = {name: place for place, name in enumerate(images.classes)} | {"": -1}
    labels = images.labels if relabelled is not None else np.array(
        [-1 if state.why else index[state.label] for state in found.states], np.int64)  # fmt: skip
    marks, whys = (_words(getattr(state, name) for state in found.states) for name in ("mark", "why"))
    old = added(images)
    copies = old & np.isin(hashes, hashes[~old])
    whys[copies & (whys == "")] = "its copy is among the pictures"
    marks[old & (marks != "")] = "added"
    images = replace(images, labels=labels, targets=relabelled, columns={**images.columns, MARK: marks})
    changed = np.array([a != b for a, b in zip(words, (state.label for state in found.states), strict=True)], bool)
    return Applied(overlay, images, whys, changed & ~old & (whys == ""), found.findings)


def decided(
    overlay: Overlay, names: Sequence[str], words: Sequence[str], marks: Sequence[str], elsewhere: Collection[str] = ()
) -> Decided:
    """What is decided of pictures with these names, classes ("" for none) and content hashes (32 digits).

    A row goes by its hash, then by its name; those of pictures that are `elsewhere` are left alone. Raises InputError
    for an overlay without decisions, or whose pictures are all gone.
    """
    if not overlay.decided:
        waits = f": {len(overlay.waiting)} rows wait. Fill in their 'decision' or 'to'" if overlay.waiting else ""
        raise InputError(f"The overlay {overlay.path} holds no decision{waits}, or leave it out.")
    rows = [row for row in overlay.decided if row.name not in elsewhere]
    matched, gone, replaced = _matched(rows, names, marks)
    wanted = {name for name, own in _by_name(rows, "name").items() if _labels(own)}
    gone = [row for row in gone if not row.folder or row.name in wanted]  # who was to be left in a pool, was
    if (gone or replaced) and not matched:
        first = (gone + replaced)[0]
        raise InputError(
            f"None of the pictures that {overlay.path} decides on is there, {len(gone) + len(replaced)} in all; the "
            f"first is {first.name!r} (line {first.line}). {nearest(first.name, list(names)[:2000])}"
        )
    states, stale, fought = [State(word) for word in words], list[str](), list[int]()
    for place, rows in matched.items():
        states[place], late, quarrel = settled(rows, words[place])
        stale += [f"{names[place]} (line {row.line})" for row in late]
        fought += [place] if quarrel else []
    found = [
        _said("picture of the overlay: gone", [row.name for row in gone],
              "Their rows change nothing; put the pictures back, or leave it so."),
        _said("picture of the overlay: other content by now", [row.name for row in replaced],
              "What was decided on the old content is not applied; look at the new one and decide again."),
        _said("picture kept as a class that it has left", stale,
              "The label has changed since; those rows are not applied. Decide again."),
        _said("picture with decisions that contradict each other", [names[place] for place in fought],
              "The later one counts. Agree, and write the decision as a new row.", fought),
        _said("row with a time that cannot be read", [f"line {row.line}: {row.when}" for row in overlay.decided
                                                       if row.when and row.time is None],
              "They count at the time of the row before them. Write times as 2026-01-31T17:00:00Z."),
    ]  # fmt: skip
    return Decided(states, tuple(one for one in found if one))


def settled(rows: Sequence[Row], word: str) -> tuple[State, list[Row], bool]:
    """(what rows, in order of time, make of a picture of this class; rows that no longer fit; whether two rows fought).

    Two rows fight where they come to different things and different people, or no order of time, stand behind them.
    """
    trail, late, fought = trailed(rows, word)
    return trail[-1], late, fought


def trailed(rows: Sequence[Row], word: str) -> tuple[list[State], list[Row], bool]:
    """`settled`, with every state that an undo would come back to: as it was given first, the present one last."""
    trail, late, fought = [State(word)], list[Row](), False
    for row in rows:
        now = trail[-1]
        if row.decision == "undo":
            trail = trail[:-1] or trail
            continue
        if row.decision == "keep" and not now.label == (row.given or now.label) != "":
            late.append(row)
            continue
        new = _next(row, now, word)
        before = now.by
        if before is not None and (new.label, new.why) != (now.label, now.why):
            fought |= row.who.casefold() != before.who.casefold() or row.when == before.when
        trail.append(new)
    return trail, late, fought


def _next(row: Row, now: State, word: str) -> State:
    if row.decision in OUT:
        return State(now.label, "", OUT[row.decision], row)
    if row.decision == "unsure":
        return State(word, "unsure", "", row)
    label = row.to if row.decision in ("relabel", "accept") else now.label
    first = not word and not now.label  # a label that nobody has looked at again
    return State(label, "labelled" if first else "confirmed" if label == (word or now.label) else "relabelled", "", row)


def _matched(
    rows: Iterable[Row], names: Sequence[str], marks: Sequence[str]
) -> "tuple[dict[int, list[Row]], list[Row], list[Row]]":
    """(rows of each picture, rows whose picture is gone, rows whose picture has other content now)."""
    by_name = {name: place for place, name in enumerate(names)}
    by_mark: dict[str, list[int]] = {}
    for place, mark in enumerate(marks):
        by_mark.setdefault(mark, []).append(place)
    out: dict[int, list[Row]] = {}
    lost: dict[str, tuple[Row, bool]] = {}
    for row in rows:
        at = by_name.get(row.name, by_name.get(row.name.replace("\\", "/").removeprefix("./")))
        same = at is not None and row.mark in ("", marks[at])
        places = [at] if same and at is not None else by_mark.get(row.mark, []) if row.mark else []
        for place in places:
            out.setdefault(place, []).append(row)
        if not places:
            lost[row.name or row.mark] = row, at is not None
    gone, other = ([row for row, there in lost.values() if there == side] for side in (False, True))
    return out, gone, other


def _by_name(rows: Iterable[Row], column: str) -> "dict[str, list[Row]]":
    out: dict[str, list[Row]] = {}
    for row in rows:
        out.setdefault(getattr(row, column), []).append(row)
    return out


def _labels(rows: "list[Row]") -> bool:
    """Whether these rows come to a label for a picture that has none."""
    state = settled(rows, "")[0]
    return bool(state.label) and not state.why


def labels_of(images: Images, text: str) -> list[str]:
    """The labels that a cell names: one, or several where these pictures have several."""
    return parted(text) if images.targets is not None else [text] if text else []


def _told(images: Images) -> list[str]:
    """(n,) each picture's label, or its several ones, as an overlay writes them."""
    classes = images.classes
    if images.targets is None:
        return [classes[label] if label >= 0 else "" for label in images.labels]
    return [joined(classes[k] for k in np.flatnonzero(row == 1)) for row in images.targets]


def _wider(images: Images, overlay: Overlay, states: Sequence[State]) -> Images:
    """With the classes that the overlay begins: a row says so in its note; without any class, all."""
    said = {word for row in overlay.decided if row.note.startswith(NEW) for word in labels_of(images, row.to)}
    used = {word: None for state in states for word in labels_of(images, state.label)}
    new = sorted(word for word in used if word not in images.classes and (word in said or not images.classes))
    if not new:
        return images
    blank = np.full((len(images), len(new)), -1, np.int8)
    targets = None if images.targets is None else np.concatenate([images.targets, blank], axis=1)
    return replace(images, classes=(*images.classes, *new), targets=targets)


def _targets(images: Images, words: Sequence[str], states: Sequence[State]) -> "np.ndarray | None":
    """(n, K) what is known of each of several labels: all of a picture that was relabelled, none of one left out."""
    if images.targets is None:
        return None
    out, place = images.targets.copy(), {name: k for k, name in enumerate(images.classes)}
    for row, (word, state) in enumerate(zip(words, states, strict=True)):
        if state.why:
            out[row] = -1
        elif state.label != word:
            out[row] = 0
            out[row, [place[one] for one in parted(state.label)]] = 1
    return out


def _known(overlay: Overlay, states: Iterable[State], images: Images) -> None:
    """Raise InputError for a class that is not there."""
    wrong = [(state, word) for state in states for word in labels_of(images, state.label) if word not in images.classes]
    if wrong:
        word, row = wrong[0][1], wrong[0][0].by
        more = f", and so have {len(wrong) - 1} more pictures" if len(wrong) > 1 else ""
        raise InputError(
            f"{overlay.path}, line {row.line if row else '?'}: there is no class {word!r}{more}. "
            f"{nearest(word, images.classes)}"
        )


def _beside(images: Images, more: Images, folder: str) -> Images:
    """The pictures and then these, without labels, marked as added."""
    n, m = len(images), len(more)
    both = Taken(_Both(images.items, more.items), np.arange(n + m))
    blank = np.full(m, "", object)
    part = np.full(m, "train" if (images.split != "").any() else "", object)
    columns = {name: np.concatenate([np.asarray(values, object), blank]) for name, values in images.columns.items()}
    columns[MARK] = np.concatenate([marked(images), np.full(m, "added", object)])
    called = unique([*images.names.tolist(), *(f"{folder}/{name}" for name in more.names)])
    weight = None if images.weight is None else np.concatenate([images.weight, np.full(m, images.weight.mean())])
    unknown = np.full((m, len(images.classes)), -1, np.int8)
    targets = None if images.targets is None else np.concatenate([images.targets, unknown])
    return replace(
        images, items=both, names=_words(called), labels=np.concatenate([images.labels, np.full(m, -1)]),
        split=np.concatenate([images.split, part]), group=np.concatenate([images.group, blank]), weight=weight,
        columns=columns, targets=targets,
    )  # fmt: skip


class _Both(Sequence[Any]):
    """Two sequences of pictures, one after the other."""

    def __init__(self, first: Sequence[Any], second: Sequence[Any]) -> None:
        self.first, self.second = first, second

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, place: Any) -> Any:
        return self.first[place] if place < len(self.first) else self.second[place - len(self.first)]


def _words(words: Iterable[str]) -> np.ndarray:
    told = list(words)
    out = np.empty(len(told), object)
    out[:] = told
    return out


def _said(what: str, names: "list[str]", fix: str, rows: Sequence[int] = ()) -> "Finding | None":
    if not names:
        return None
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return Finding(
        tuple(rows),
        "overlay",
        "medium",
        f"{_many(len(names), what.split()[0])}{what[len(what.split()[0]) :]}: {shown}.",
        fix,
        files=tuple(names),
    )


def _sentence(told: dict[str, Any]) -> str:
    """What the overlay did, for a log, a report and a terminal."""
    test = told["changed_by_split"].get("test", 0)
    parts = [f"{_many(told['changed'], 'label')} changed ({_many(test, 'test label')})"]
    parts += [f"{told['confirmed']:,} confirmed"]
    parts += [f"{_many(told['added'], 'picture')} of a pool added"] if told["added"] else []
    parts += [f"{told['unsure']:,} unsure"] if told["unsure"] else []
    parts += [f"{_many(told['left_out'], 'picture')} left out"]
    waits = f"; {_many(told['waiting'], 'row')} without a decision" if told["waiting"] else ""
    return f"The overlay {told['path']}: {', '.join(parts)}{waits}."


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
