"""What to label next: pictures of a pool that a query trick asks for, what random choice of as many would bring, and
what more of each class should."""

import io
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..core.applied import settled
from ..core.errors import InputError, OptionError, RunError
from ..core.files import write
from ..core.images import Images, read
from ..core.lookup import find
from ..core.overlay import Overlay, Row
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from . import first, foresee, replay
from .data import Data, Pool
from .log import Log
from .pool import gather, reason
from .probe import Probe
from .pseudo import strangers
from .query import Question

DECIDED = "decided on in the overlay"
NEW = "learned from {n:,} labelled pictures; {m:,} of {pool:,} in the pool can be asked for"


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is asked: of which pool how many, by which query; more: labels that the curve looks ahead; classes: those
    with a curve of their own."""

    pool: str
    n: int
    query: str
    more: int = 100
    classes: Sequence[str] = ()

    def check(self) -> None:
        """Raise OptionError for what cannot be asked."""
        if not self.pool:
            raise OptionError("There is no pool to suggest from. Give pictures without labels: --pool new/")
        if self.n < 1:
            raise OptionError(f"n={self.n} asks for no picture. Give 1 or more.")
        if self.more < 1:
            raise OptionError(f"more={self.more} looks ahead to no label. Give 1 or more.")
        find("query", self.query)


def suggest(data: Data, recipe: Recipe, wanted: Wanted, log: Log) -> tuple[dict[str, Any], Images]:
    """(what is found, JSON-ready; the pictures that are suggested, the most wanted first).

    Test pictures, given or dealt, neither teach nor ask. Twins of labelled pictures, all but one of twins in the pool,
    what cannot be read and what the overlay has decided on are never suggested. Raises InputError where nothing is left
    to ask for, or nothing can be learned.
    """
    first.usable(data)
    rows = foresee.learning(data, recipe)
    head = first._learn(data, recipe, rows, rows[:0], log)
    pool, able, left = choosable(data, recipe, wanted, len(rows), log)
    known = data.images.take(rows)
    said = _said(head, pool.images.take(able), pool.features[able])
    question = Question(data.features[rows], known.labels, known.group, pool.features[able], said, head.strength)
    places, found = asked(question, wanted, (pool, able, left), said, _rows, recipe.seed)
    found |= {"source": str(data.images.came_from or "pictures"), **_ahead(data, recipe, wanted, log)}
    found["replay"] = replay.replay(question.features, known, head, wanted.query, wanted.n, recipe.seed)
    return found | {"sentences": _sentences(found)}, pool.images.take(able[places])


def choosable(
    data: Data, recipe: Recipe, wanted: Wanted, learned: int, log: Log
) -> tuple[Pool, np.ndarray, dict[str, int]]:
    """(the pool; its rows that can be asked for; of the others, {reason: how many}), told with the number learned from.

    Raises InputError where nothing is left to ask for.
    """
    pool = gather(data, replace(recipe, pool=wanted.pool), log, refuse=False)
    why = np.where((pool.why == "") & decided(data, pool.hashes), DECIDED, pool.why)
    able = np.flatnonzero(why == "")
    left = dict(Counter(word if word == DECIDED else reason(word) for word in why if word).most_common())
    if not len(able):
        told = ", ".join(f"{count:,} {word}" for word, count in left.items())
        raise InputError(f"Nothing of the pool {wanted.pool} is left to ask for: {told}. Give other pictures.")
    log.say(NEW.format(n=learned, m=len(able), pool=len(why)))
    return pool, able, left


def asked(
    question: Question, wanted: Wanted, choice: tuple[Pool, np.ndarray, dict[str, int]], said: Any,
    rows: Callable[..., list[dict[str, Any]]], seed: int,
) -> tuple[np.ndarray, dict[str, Any]]:  # fmt: skip
    """(places among those that can be asked for, the most wanted first; what is told of them, JSON-ready).

    choice: what `choosable` gives. said: predictions of those that can be asked for. rows: what tells of the chosen.
    """
    pool, able, left = choice
    places, scores = question.ask(wanted.query, wanted.n, seed)
    strange = strangers(question.features, question.group, question.pool)[places]
    return places, {
        "query": wanted.query, "n": len(places), "asked": wanted.n, "pool": wanted.pool, "pictures": len(pool.why),
        "able": len(able), "left": left, "strangers": int(strange.sum()), "learned": len(question.features),
        "rows": rows(said.take(places), pool.hashes[able[places]], scores, strange),
    }  # fmt: skip


def rows_of(found: dict[str, Any], overlay: Path) -> list[Row]:
    """The suggestions as rows of this overlay that wait for a decision."""
    pool, place = found["pool"], overlay.parent or Path()
    home = Path(os.path.relpath(pool, place)).as_posix() if Path(pool).exists() else pool
    strange = "; resembles no labelled picture"
    return [
        Row(one["name"], suggested=one["guess"], score=f"{one['score']:.6g}", mark=one["hash"], folder=home,
            note=f"asked for by {found['query']}, {one['confidence']:.0%} sure{strange if one['stranger'] else ''}")
        for one in found["rows"]
    ]  # fmt: skip


def decided(data: Data, hashes: np.ndarray) -> np.ndarray:
    """(m,) bool: pictures of the pool that people have decided on, known by their content."""
    rows: dict[str, list[Row]] = {}
    overlay: Overlay | None = data.overlay.overlay if data.overlay else None
    for row in overlay.decided if overlay else ():
        rows.setdefault(row.mark, []).append(row)
    stands = {mark for mark, own in rows.items() if mark and settled(own, "")[0].by}
    return np.array([one.tobytes().hex() in stands for one in hashes], bool)


def _said(head: Probe, images: Images, features: np.ndarray) -> Predictions:
    return Predictions(
        head.logits(features), images.labels, np.arange(len(images)), head.classes, images.names, images.group,
        head.temperature,
    )  # fmt: skip


def _rows(said: Predictions, hashes: np.ndarray, scores: np.ndarray, strange: np.ndarray) -> list[dict[str, Any]]:
    """A row a suggestion: rank, name, hash, the guessed class and how sure, the second, score, whether a stranger."""
    out = []
    for place, (best, second) in enumerate(said.top(2)):
        out.append({
            "rank": place + 1, "name": str(said.names[place]), "hash": hashes[place].tobytes().hex(),
            "guess": best[0], "confidence": best[1], "second": second[0], "score": float(scores[place]),
            "stranger": bool(strange[place]),
        })  # fmt: skip
    return out


def _ahead(data: Data, recipe: Recipe, wanted: Wanted, log: Log) -> dict[str, Any]:
    """The learning curve: what `more` labels, of all classes and of each, and n random ones should bring."""
    try:
        curve = foresee.foresee(data, recipe, log, more=wanted.more, classes=wanted.classes, also=wanted.n)
    except InputError as error:
        return {"curve": None, "notes": [f"No learning curve: {error}"]}
    return {"curve": curve, "notes": list(curve["notes"])}


def _sentences(found: dict[str, Any]) -> list[str]:
    """What is suggested, what random choice of as many would bring, and how sure that is, in words."""
    names = Counter(row["guess"] for row in found["rows"]).most_common()
    guessed = ", ".join(f"{count:,} {name}" for name, count in names[:6]) + (" and others" if len(names) > 6 else "")
    who = f"{found['n']:,} of {found['able']:,} pictures of {found['pool']} to label next, by {found['query']}"
    told = [f"{who}; guessed to be {guessed}."]
    if found["n"] < found["asked"]:
        told.append(f"{found['asked']:,} were asked for, and the pool has no more to give.")
    if found["strangers"]:
        told.append(f"{found['strangers']:,} of them resemble no labelled picture: perhaps none of your classes.")
    curve = found["curve"]
    if curve:
        step = curve["also"]
        told.append(
            f"Random choice, the control: {step['more']:,} more labels should bring {100 * step['gain_low']:+.1f} to "
            f"{100 * step['gain_high']:+.1f} points of accuracy ({curve['level']:.0%} band)."
        )
    if found["query"].partition("(")[0] == "random":
        return told
    sure = found["replay"]
    if sure is None:
        told.append("Too few labels to say whether that beats random choice on your pictures.")
    return told if sure is None else [*told, replay.sentence(sure)]


def free(place: "Path | None") -> None:
    """Raise RunError for a folder of copies that is no new or empty one."""
    if place is not None and place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise RunError(f"{place} is there and not empty. Give a new folder with --copies.")


def copied(images: Images, found: dict[str, Any], place: Path) -> Path:
    """The suggested pictures in this folder, as they are: 001-GUESS-name; pixels in memory as PNG."""
    for row, item in zip(found["rows"], images.items, strict=True):
        guess, name = (re.sub(r"[^\w.\-]+", "-", word) for word in (row["guess"], PurePosixPath(row["name"]).name))
        stem = f"{row['rank']:03d}-{guess}-{name}"
        content = read(item)
        write(place / (stem if isinstance(content, bytes) else f"{stem}.png"), encoded_as(content))
    return place


def encoded_as(content: "bytes | np.ndarray") -> bytes:
    """Encoded bytes as they are, pixels as a PNG."""
    if isinstance(content, bytes):
        return content
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(content).save(file, "PNG")
    return file.getvalue()
