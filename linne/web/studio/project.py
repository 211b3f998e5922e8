"""A project: pictures as the studio shows them, what was decided about each, and who decided it when.

Everything that a page needs of 100,000 pictures stands in arrays, one value a picture; a browser gets them as they are.
A picture is known by its row, never by a path. Decisions go to the overlay first and into the arrays when the disk has
them, so what a page shows was saved.
"""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...core.applied import BAD, DROPPED, NEW, settled, trailed
from ...core.decode import encoded
from ...core.errors import InputError, LinneError, OptionError, Unreadable, nearest
from ...core.images import SPLITS, Images
from ...core.journal import Journal, now
from ...core.measure import content_hash
from ...core.names import printable
from ...core.overlay import DECISIONS, NONE, SIGN, Row, joined, parted

STATES = ("", "confirmed", "relabelled", "labelled", "unsure", "dropped", "bad picture")
"""What a picture's state number stands for; "" is undecided."""
PARTS = ("", *SPLITS)
UNSEEN = "not having seen: "
"""How the note of an answer begins that was given while another one came in."""
BY = "by "
"""How the part of a note begins that says what the decision came by."""
LONGEST, MARKS = 200, 1000
"""Letters of a class's name; the latest decisions that are known again when they are sent a second time."""


@dataclass(frozen=True)
class Answer:
    """What a person decided. row: the picture. version: of the picture as they saw it. to: labels, where it takes one
    (several of them where pictures have several, or NONE alone: that it has none of them). source: what the decision
    came by, for `retract`."""

    row: int
    version: int
    decision: str
    to: tuple[str, ...] = ()
    suggested: str = ""
    source: str = ""


class Gone(LinneError):
    """A picture whose file is not there any more, or cannot be read."""


class Project:
    """Pictures with their decisions. Methods may be called from any thread.

    label, given: (n,) int32, places in `classes`, -1 for none: now, and as listed. targets: (n, K) int8 where pictures
    have several labels, else None. state: (n,) uint8, places in STATES. version: (n,) uint32, one more with each
    decision. conflict: (n,) bool: two people answered differently, neither having seen the other's answer.
    """

    def __init__(self, images: Images, overlay: "str | Path", who: str = "") -> None:
        self.images, self.journal, self.who = images, Journal(overlay), who
        self.classes = list(images.classes)
        self.several = images.targets is not None
        self.given = np.asarray(images.labels, np.int32)
        self.label = self.given.copy()
        self.targets = None if images.targets is None else images.targets.copy()
        n = len(images)
        self.state, self.version = np.zeros(n, np.uint8), np.zeros(n, np.uint32)
        self.conflict = np.zeros(n, bool)
        self.part = np.array([PARTS.index(part) for part in images.split], np.uint8)
        self.trails: dict[int, list[Row]] = {}
        self.changed: list[int] = []
        self.lock = threading.RLock()
        self._marks = deque[str](maxlen=MARKS)
        self._place = {str(name): row for row, name in enumerate(images.names)}
        self._begin()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def overlay(self) -> Path:
        """The file that decisions go to."""
        return self.journal.path

    def row(self, row: int) -> int:
        """The row, if it is one. Raises OptionError."""
        if not 0 <= row < len(self):
            raise OptionError(f"There is no picture {row}; there are {len(self):,}, counted from 0.")
        return row

    def at(self, name: str) -> int:
        """The row of this name, -1 where there is none."""
        return self._place.get(name, -1)

    def blank(self) -> np.ndarray:
        """(n,) bool: without a label, neither left out nor given up as unsure."""
        none = self.label < 0 if self.targets is None else ~(self.targets >= 0).any(1)
        return none & ~np.isin(self.state, [STATES.index(word) for word in ("unsure", "dropped", "bad picture")])

    def used(self) -> list[str]:
        """Classes that a picture has."""
        has = np.unique(self.label) if self.targets is None else np.flatnonzero((self.targets == 1).any(0))
        return [self.classes[k] for k in has.tolist() if k >= 0]

    def name(self, row: int) -> str:
        """What a person calls the picture."""
        return printable(str(self.images.names[self.row(row)]))

    def labels(self, row: int) -> list[str]:
        """The names of the labels that it has now."""
        if self.targets is not None:
            return [self.classes[k] for k in np.flatnonzero(self.targets[row] == 1)]
        return [self.classes[self.label[row]]] if self.label[row] >= 0 else []

    def word(self, row: int) -> str:
        """Its labels as an overlay writes them, "" for none."""
        return joined(self.labels(row)) if self.several else "".join(self.labels(row))

    def content(self, row: int) -> Any:
        """The picture's bytes or pixels. Raises Gone where its file is not there any more."""
        try:
            return encoded(self.images.items[self.row(row)])
        except Unreadable as error:
            raise Gone(
                f"{self.name(row)} cannot be read any more: {error.reason}. Put it back, and look again."
            ) from None

    def decide(self, answers: Sequence[Answer], who: str = "", mark: str = "") -> list[dict[str, Any]]:
        """Save answers, all or none; then what each picture is now, with whose answer it fought if it did.

        mark: the sender's own name for them: sent again under it, they are not saved again.

        Raises OptionError for a decision or class that cannot be, Gone for a picture whose file went away, RunError
        where the overlay cannot be written (the disk is full): nothing is changed then.
        """
        who = printable(who or self.who)[:100]
        with self.lock:
            if mark and mark in self._marks:
                return [self.seen(answer.row) | {"against": ""} for answer in answers]
            found = self._save([self._row(answer, who) for answer in answers])
            self._marks.append(mark)
            return found

    def retract(self, source: str, who: str = "", only: int = -1) -> int:
        """Undo what came by this source and still counts, by rows like any others; of how many pictures. only: this
        picture alone.

        What was decided on top of it stays decided, by whom it was. Raises what `decide` raises; nothing is changed
        then.
        """
        with self.lock:
            rows, count = list[tuple[Answer, Row, str]](), 0
            for place, trail in self.trails.items():
                if only in (-1, place) and any(_came(row, source) for row in trail):
                    new = self._without(place, source, printable(who or self.who)[:100])
                    rows, count = rows + new, count + bool(new)
            self._save(rows)
            return count

    def _without(self, place: int, source: str, who: str) -> "list[tuple[Answer, Row, str]]":
        """The rows that undo a picture's decisions down to the first one of this source, and then say again what
        others had decided since."""
        states = trailed(self.trails[place], self._first(place))[0][1:]
        first = next((k for k, one in enumerate(states) if one.by and _came(one.by, source)), len(states))
        version = int(self.version[place])
        rows = [self._row(Answer(place, version, "undo"), who) for _ in states[first:]]
        for state in states[first:]:
            if state.by is None or _came(state.by, source):
                continue
            plain = state.by.decision in ("drop", "bad picture", "unsure")
            to = () if plain else tuple(self._words(state.label))
            told = Answer(place, version, state.by.decision if plain else "relabel", to, source=_source(state.by))
            rows.append(self._row(told, state.by.who))
        return rows

    def _save(self, rows: "list[tuple[Answer, Row, str]]") -> list[dict[str, Any]]:
        if rows:
            self.journal.add(row for _, row, _ in rows)
        out = []
        for answer, row, against in rows:
            self._know(row.to)
            self.trails.setdefault(answer.row, []).append(row)
            self._settle(answer.row)
            self.conflict[answer.row] = bool(against)
            self._moved(answer.row)
            out.append(self.seen(answer.row) | {"against": against})
        return out

    def seen(self, row: int) -> dict[str, Any]:
        """What changes of a picture, JSON-ready."""
        trail = self.trails.get(row, [])
        return {
            "row": row, "version": int(self.version[row]), "labels": self.labels(row), "state": int(self.state[row]),
            "conflict": bool(self.conflict[row]), "who": trail[-1].who if trail else "",
            "known": bool(self.label[row] >= 0 if self.targets is None else (self.targets[row] >= 0).any()),
        }  # fmt: skip

    def since(self, number: int) -> dict[str, Any]:
        """What changed after the first `number` changes: {"number": of all changes, "classes", "rows": each seen()}."""
        with self.lock:
            rows = list(dict.fromkeys(self.changed[max(number, 0) :]))
            return {
                "number": len(self.changed),
                "classes": list(self.classes),
                "rows": [self.seen(row) for row in rows],
            }

    def add_class(self, name: str) -> int:
        """The place of a class, which is new or there already; written with the first picture that gets it.

        Raises OptionError for what cannot be a class's name.
        """
        name = name.strip()
        if not name or len(name) > LONGEST or printable(name) != name or name.startswith("."):
            raise OptionError(f"A class cannot be called {printable(name)[:80]!r}: give 1 to {LONGEST} letters in one "
                              "line, not beginning with a dot.")  # fmt: skip
        if self.several and SIGN in name:
            raise OptionError(f"{name!r} holds {SIGN!r}, which stands between several labels. Leave it out.")
        with self.lock:
            self._know(name)
            return self.classes.index(name)

    def know(self, names: "Iterable[str]") -> None:
        """Make classes of names that are none yet, as a run brings them."""
        with self.lock:
            for name in names:
                self._know(name)

    def figures(self) -> dict[str, Any]:
        """How many pictures there are, are decided, changed, left out, without a label (unsure: those of them that
        were given up), and of each class."""
        with self.lock:
            moved = self.label != self.given
            if self.targets is not None and (first := self.images.targets) is not None:
                moved = (self.targets[:, : first.shape[1]] != first).any(1)
            out = np.isin(self.state, (STATES.index("dropped"), STATES.index("bad picture")))
            blank = self.label < 0 if self.targets is None else ~(self.targets >= 0).any(1)
            counts = (np.bincount(self.label[self.label >= 0], minlength=len(self.classes)) if self.targets is None
                      else (self.targets == 1).sum(0))  # fmt: skip
            return {
                "pictures": len(self), "decided": int((self.state > 0).sum()), "changed": int((moved & ~out).sum()),
                "left_out": int(out.sum()), "blank": int((blank & ~out).sum()), "counts": counts.tolist(),
                "unsure": int((blank & (self.state == STATES.index("unsure"))).sum()),
                "conflicts": int(self.conflict.sum()),
            }  # fmt: skip

    def _row(self, answer: Answer, who: str) -> tuple[Answer, Row, str]:
        """An answer as a row of the overlay, and whose answer it fights with, "" for nobody's."""
        row = self.row(answer.row)
        if answer.decision not in DECISIONS:
            raise OptionError(f"There is no decision {printable(answer.decision)[:80]!r}. "
                              f"{nearest(answer.decision, DECISIONS)}")  # fmt: skip
        to = self._to(answer)
        mark = content_hash(self.content(row)).hex()
        suggested = printable(answer.suggested)[:LONGEST] if answer.decision == "accept" else ""
        new = Row(self.name(row), answer.decision, to, self.word(row), suggested, who=who, when=now(), mark=mark)
        fresh = [word for word in self._words(to) if word not in self.images.classes]
        against = self._against(answer, to)
        notes = [f"{NEW} {fresh[0]}"] if len(fresh) == 1 else [f"{NEW} {SIGN.join(fresh)}"] if fresh else []
        notes += [f"{UNSEEN}{against}"] if against else []
        notes += [f"{BY}{answer.source}"] if answer.source else []
        return answer, replace(new, note="; ".join(notes)), against

    def _to(self, answer: Answer) -> str:
        """The labels of an answer, as an overlay has them. Raises OptionError where there should be one, or none."""
        words = [word.strip() for word in answer.to]
        if answer.decision == "accept":
            words = [NONE] if self.several and answer.suggested == NONE else self._words(answer.suggested) or [""]
        if answer.decision not in ("relabel", "accept"):
            if words:
                raise OptionError(f"{answer.decision!r} takes no class.")
            return ""
        if not words or not all(words) or (len(words) > 1 and not self.several):
            raise OptionError(f"{answer.decision!r} takes {'the labels' if self.several else 'one class'} under 'to'.")
        if self.several and words == [NONE]:
            return NONE
        for word in words:
            if word not in self.classes:
                self.add_class(word)
        return joined(sorted(set(words), key=self.classes.index)) if self.several else words[0]

    def _words(self, text: str) -> list[str]:
        return parted(text) if self.several else [text] if text else []

    def _against(self, answer: Answer, to: str) -> str:
        """Who decided otherwise since this person saw the picture, and what; "" where nobody did."""
        if answer.version >= int(self.version[answer.row]):
            return ""
        last = self.trails[answer.row][-1]
        same = (last.decision, last.to) == (answer.decision, to)
        return "" if same else f"{last.who or '?'} said {last.decision} {last.to}".strip()

    def _know(self, text: str) -> None:
        """Labels that may be new become classes."""
        for word in self._words(text):
            if word not in self.classes:
                self.classes.append(word)
                if self.targets is not None:
                    self.targets = np.concatenate([self.targets, np.full((len(self), 1), -1, np.int8)], axis=1)

    def _first(self, row: int) -> str:
        """The picture's labels as listed, before any decision."""
        if self.images.targets is not None:
            return joined([self.images.classes[k] for k in np.flatnonzero(self.images.targets[row] == 1)])
        return self.images.classes[self.given[row]] if self.given[row] >= 0 else ""

    def _settle(self, row: int) -> None:
        """The arrays as the picture's decisions have them."""
        first, word = self.images.targets, self._first(row)
        found = settled(self.trails[row], word)[0]
        out = {DROPPED: "dropped", BAD: "bad picture"}
        self.state[row] = STATES.index(out.get(found.why, found.mark))
        if self.targets is None:
            self.label[row] = self.classes.index(found.label) if found.label else -1
        elif first is not None:
            told = np.full(len(self.classes), -1, np.int8)
            told[: first.shape[1]] = first[row]
            if found.label != word:
                told[:] = 0
                told[[self.classes.index(one) for one in parted(found.label)]] = 1
            self.targets[row] = told

    def _moved(self, row: int) -> None:
        self.version[row] += 1
        self.changed.append(row)

    def _begin(self) -> None:
        """What the overlay holds already, by name; `verify` looks at contents later."""
        self.strangers = 0
        for row in self.journal.rows():
            place = self._place.get(row.name.replace("\\", "/").removeprefix("./"), self._place.get(row.name))
            if not row.decision:
                continue
            if place is None:
                self.strangers += 1
                continue
            self._know(row.to)
            self.trails.setdefault(place, []).append(row)
            self.conflict[place] = UNSEEN in row.note
            self.version[place] += 1
        for place in self.trails:
            self._settle(place)

    def verify(self, rows: "Iterable[int] | None" = None) -> int:
        """Look whether decided pictures still have the content that was decided on, as every command does; how many
        have not: nothing is decided of those any more."""
        lost = 0
        for place in list(self.trails) if rows is None else rows:
            marks = {row.mark for row in self.trails.get(place, []) if row.mark}
            try:
                own = content_hash(encoded(self.images.items[place])).hex() if marks else ""
            except Unreadable:
                continue
            if marks - {own}:
                with self.lock:
                    kept = [row for row in self.trails[place] if row.mark in ("", own)]
                    lost += 1
                    self.trails[place] = kept
                    self._settle(place)
                    self._moved(place)
        return lost


def _source(row: Row) -> str:
    """What a decision came by, "" where its note does not say."""
    last = row.note.rpartition("; ")[2]
    return last.removeprefix(BY) if last.startswith(BY) else ""


def _came(row: Row, source: str) -> bool:
    return _source(row) == source


def checked(images: Images) -> Images:
    """The pictures, of which there is at least one. Raises InputError."""
    if not len(images):
        raise InputError(f"There are no pictures in {images.came_from or 'the data'}.")
    return images
