"""linne identify: who of those enrolled is in a picture, or nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.enrol import STRANGER
from ..engine.identified import Answer, Answers
from ..engine.log import Log
from ._table import delimiter, written

HEADER = ["name", "label", "problem", "unknown", "nearest", "similarity", "probability"]
"""Of a table: the first three and `unknown` as linne predict has them."""
THEN = ("second", "third")


class Table:
    """Answers that were written; `path` where they are."""

    def __init__(self, answers: Answers, out: "str | Path") -> None:
        self.answers, self.path = answers, written(out, rows(answers))
        self.unread = sum(bool(one.problem) for one in answers.each)
        self.strange = sum(one.name == STRANGER for one in answers.each)

    def text(self) -> str:
        """What was written, and from which similarity on a picture got a name."""
        known = len(self.answers) - self.strange - self.unread
        problem = f", {self.unread:,} cannot be compared, each with its reason" if self.unread else ""
        said = f"{len(self.answers):,} pictures in {self.path}: {known:,} named, {self.strange:,} unknown{problem}"
        return "\n".join([said, self.answers.threshold.text(), *self.answers.notes])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        told = self.answers.data()
        del told["answers"]
        return {"out": str(self.path), "pictures": len(self.answers), "unknown": self.strange,
                "unreadable": self.unread} | told  # fmt: skip


def rows(answers: Answers) -> Iterator[list[Any]]:
    """The header, then a row a picture: an empty cell is what cannot be said."""
    yield [*HEADER, *(name for word in THEN for name in (word, f"{word} similarity"))]
    for one in answers.each:
        if one.problem:
            yield [one.picture, "", one.problem, *[""] * (len(HEADER) - 3 + 2 * len(THEN))]
        else:
            yield [one.picture, one.name, "", "yes" if one.name == STRANGER else "no", *_numbers(one)]


def _numbers(one: Answer) -> list[Any]:
    (name, similarity), *more = one.nearest
    chance = "" if np.isnan(one.probability) else round(one.probability, 6)
    told: list[Any] = [name, round(similarity, 6), chance]
    for other, alike in more:
        told += [other, round(alike, 6)]
    return told + [""] * (len(HEADER) - 4 + 2 * len(THEN) - len(told))


def identify(
    gallery: str | Path,
    images: str | Path | Sequence[Any],
    *,
    far: float | None = None,
    search: str = "auto",
    out: Path | None = None,
    log: Log | None = None,
) -> Any:
    """Identify pictures: the nearest identity, how alike it is, how probably it is right, or "unknown".

    Parameters
    ----------
    gallery
        A gallery's folder, made by linne enrol.
    images
        Pictures and folders of pictures, one or several.
    far
        How often a stranger may be given a name: 0.01 is one in 100, which is usual where that can be promised. The
        threshold is read off the gallery's own pictures, each identity left out once as a stranger.
    search
        exact, index (see: linne gallery index), or auto: an index where one was built.
    out
        A .csv or .tsv file for the answers, a row a picture; printed when not given.
    """
    from ..engine.gallery import Gallery

    if out is not None:
        delimiter(out)
    opened = Gallery.open(gallery, log=log)
    if isinstance(images, (str, Path)) or not len(images) or not all(isinstance(one, (str, Path)) for one in images):
        found = opened.identify(images, far, search)
    else:
        found = joined([(one, opened.identify(one, far, search)) for one in images])
    return found if out is None else Table(found, out)


def joined(parts: Sequence[tuple[str | Path, Answers]]) -> Answers:
    """Answers of several places as one; where there are several, a folder's pictures are called with its name."""
    several = len(parts) > 1
    each: list[Answer] = []
    for place, part in parts:
        each += (
            [replace(one, picture=(Path(place) / one.picture).as_posix()) for one in part.each]
            if (several and Path(place).is_dir())
            else part.each
        )
    notes = dict.fromkeys(note for _, part in parts for note in part.notes)
    return Answers(tuple(each), parts[0][1].threshold, tuple(notes))
