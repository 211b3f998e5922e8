"""Pictures that nobody took: a generator learns from the learning pictures, draws, and is judged by others.

Who looks at what: the split is the one that a training with these settings deals. Test pictures neither teach nor
judge, and a given test part is not even opened. The validation pictures judge the generator where there are some
beside a test part; else a fifth of the learning pictures is put aside for that, whole groups. The manifest, written
last, holds the hashes of those that it learned from.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from ..core.deal import deal as dealt
from ..core.errors import InputError, OptionError, RunError
from ..core.files import write_json
from ..core.images import Images
from ..core.recipe import Recipe
from ..core.rng import rng
from .appraise import Parts, appraise
from .copying import Near
from .data import Data, examine
from .drawing import Canvas, Terms, canvas, drawn, fitted, save
from .extra import JUDGES, MANIFEST
from .first import as_given, deal, few, leaked, usable
from .lock import NAME as LOCK
from .log import Log

LEAST = 10
"""Learning pictures of each class: below that a generator can do little but copy."""
ASIDE = 5
"""One part in so many of the learning pictures judges, where no validation pictures do."""
BEGUN, WORK = "asked.json", ".work"
MOST = 1_000_000
"""Pictures that are drawn of all classes together."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What came of it. made: the pictures that were written; learned: those that the generator learned from, as it saw
    them; near: where the former lie among the latter. told: the manifest, figures included."""

    told: dict[str, Any]
    made: Canvas
    learned: Canvas
    near: Near


def begin(place: Path, asked: dict[str, Any], command: str) -> bool:
    """Note what is asked for; True to go on with the same. Raises RunError for a folder of something else, or
    finished."""
    path = place / BEGUN
    if (place / MANIFEST).exists():
        raise RunError(f"{place} holds finished pictures. Look at {place / 'drawn.html'}, or give another --out.")
    if not path.exists():
        if place.exists() and any(one.name != LOCK for one in place.iterdir()):
            raise RunError(f"{place} holds other files. Give an empty or a new folder with --out.")
        write_json(path, {"asked": asked, "command": command})
        return False
    before = json.loads(path.read_text(encoding="utf-8"))["asked"]
    other = [f"{name}={before.get(name)} (now {asked[name]})" for name in asked if before.get(name) != asked[name]]
    if other:
        raise RunError(f"{place} holds an unfinished one of other settings: {'; '.join(other)}. Give those, or another "
                       "--out.")  # fmt: skip
    return True


def undo(place: Path) -> None:
    """Take back what was begun for pictures or options that cannot be; nothing that was learned is in it."""
    for name in (BEGUN, "log.jsonl"):
        (place / name).unlink(missing_ok=True)
    rmtree(place / WORK, ignore_errors=True)
    if place.is_dir() and not any(one.name != LOCK for one in place.iterdir()):
        rmtree(place)


def check(size: int, each: int, terms: Terms) -> None:
    """Raise OptionError for what cannot be drawn, before any picture is looked at."""
    from ..core.lookup import find, offer

    if not 1 <= each <= 100_000:
        raise OptionError(f"each={each} is not allowed; it lies between 1 and 100000 pictures of a class.")
    if not terms.steps and not 0 < terms.minutes <= 100_000:
        raise OptionError(f"minutes={terms.minutes:g} is not allowed. Give the time to learn in, e.g. --minutes 20.")
    if terms.steps < 0:
        raise OptionError(f"steps={terms.steps} is not allowed; 0 is as many as the minutes allow.")
    if not 16 <= size <= 128:
        raise OptionError(f"size={size} is not allowed; a generator draws 16 to 128 px, e.g. --size 32 or 64.")
    found = find("generator", terms.generator)
    offer(found, classes=2, channels=1, size=size, device="cpu")


def opened(images: Images, recipe: Recipe) -> tuple[Images, bool]:
    """(the pictures without a given test part, which is not even opened; whether there is one). Raises InputError for
    a split that cannot be."""
    if not (images.split != "").any():
        return images, False
    images = as_given(images, recipe)
    test = images.split == "test"
    return (images.take(~test) if test.any() else images), bool((test & (images.labels >= 0)).any())


def parts(data: Data, recipe: Recipe, tested: bool) -> Parts:
    """Who learns and who judges; `data.images` is split. tested: whether a test part was given. Raises InputError, and
    says what is needed, for too few."""
    usable(data)
    _enough(data, np.flatnonzero(data.kept))
    given, alone = bool((data.images.split != "").any()), few(data, recipe)
    data.images = data.images if given else deal(data, recipe, given)
    split, images = data.images.split, data.images
    every = np.flatnonzero(data.kept & (split == "train"))
    tested |= bool(((split == "test") & (images.labels >= 0)).any())
    twinned = leaked(data) if given else np.zeros(len(split), bool)
    held = np.flatnonzero(data.kept & (split == "validation") & ~twinned) if tested else every[:0]
    if len(held) >= JUDGES:
        _enough(data, every)
        return Parts(every, held, every, True, alone)
    part = dealt(images.labels[every], images.group[every], [ASIDE - 1, 1], rng(recipe.seed, "aside"))
    learn, aside = every[part == 0], every[part == 1]
    _enough(data, learn)
    if len(aside) < JUDGES:
        raise InputError(
            f"{len(every):,} learning pictures leave {len(aside)} to judge a generator by, and {JUDGES} at least are "
            f"needed: {ASIDE * JUDGES} learning pictures, or a validation part beside a test part. Add pictures."
        )
    return Parts(learn, aside, every, False, alone)


def _enough(data: Data, rows: np.ndarray) -> None:
    """Raise InputError for a class of which too few pictures learn."""
    counts = np.bincount(data.images.labels[rows], minlength=len(data.images.classes))
    scarce = [f"{name!r} has {count}" for name, count in zip(data.images.classes, counts, strict=True) if count < LEAST]
    if scarce:
        more = f" and {len(scarce) - 5} more classes have too few" if len(scarce) > 5 else ""
        raise InputError(
            f"A generator needs at least {LEAST} pictures of each class to learn from, better 100, and "
            f"{', '.join(scarce[:5])}{more}. From so few it could only copy. Add pictures, or leave those classes out."
        )


def synthesize(pictures: Images, recipe: Recipe, size: int, each: int, terms: Terms, place: Path, log: Log) -> Drawn:
    """Learn, draw `each` of every class and judge; pictures are written, the manifest is not yet."""
    shown, tested = opened(pictures, recipe)
    data = examine(shown, recipe, log)
    who, images = parts(data, recipe, tested), data.images
    note = "validation pictures" if who.given else "learning pictures, put aside,"
    log.say(f"{len(who.learn):,} pictures teach the generator; {len(who.aside):,} {note} judge it")
    rows = np.concatenate([who.learn, who.aside])
    known = canvas(images.take(rows), data.facts["hash"][rows], size, recipe.resize)
    sides = {"learn": known.take(np.arange(len(who.learn))), "aside": known.take(np.arange(len(who.learn), len(rows)))}
    _same(place, sides["learn"])
    method = fitted(sides["learn"], images.classes, terms, place / WORK, place, log)
    labels = np.repeat(np.arange(len(images.classes)), each)
    made = Canvas(drawn(method, labels, terms.seed, "drawn"), labels, np.zeros(0))
    folders = named(images.classes)
    paths = [f"{folders[label]}/{at % each + 1:05d}.png" for at, label in enumerate(labels)]
    for path, pixels in zip(paths, made.pixels, strict=True):
        save(place / path, pixels)
    found, near = appraise(data, who, method, sides, made, recipe, log)
    hashes = {name: [one.tobytes().hex() for one in side.hashes] for name, side in sides.items()}
    told = {
        "classes": list(images.classes), "folders": dict(zip(folders, images.classes, strict=True)), "size": size,
        "generator": terms.generator, "pictures": paths, "few": who.few, "figures": found,
        "learned": hashes["learn"], "aside": hashes["aside"],
    }  # fmt: skip
    return Drawn(told, made, sides["learn"], near)


def finish(place: Path, found: Drawn, command: str, seconds: float) -> dict[str, Any]:
    """The manifest, last: its existence means success; what only going on needed is gone. The manifest."""
    told = {"command": command, "seconds": round(seconds, 1), **found.told}
    write_json(place / MANIFEST, told)
    rmtree(place / WORK, ignore_errors=True)
    (place / BEGUN).unlink(missing_ok=True)
    return told


def named(classes: tuple[str, ...]) -> list[str]:
    """A folder's name for each class: its own, without what no file system takes."""
    out: list[str] = []
    for name in classes:
        plain = "".join("_" if letter in '/\\:*?"<>|\0' else letter for letter in name).strip(". ") or "_"
        taken = {one.casefold() for one in out}
        free = (plain if k == 1 else f"{plain}-{k}" for k in range(1, len(classes) + 1))
        out.append(next(one for one in free if one.casefold() not in taken))
    return out


def _same(place: Path, known: Canvas) -> None:
    """Raise RunError where the pictures are not those that the unfinished one began with."""
    path = place / BEGUN
    before = json.loads(path.read_text(encoding="utf-8"))
    now = hashlib.blake2b(known.pixels.tobytes() + known.labels.tobytes(), digest_size=16).hexdigest()
    if before.get("pictures", now) != now:
        raise RunError(f"The learning pictures are not those that {place} began with. Put them back, or give another "
                       "--out.")  # fmt: skip
    write_json(path, before | {"pictures": now})
