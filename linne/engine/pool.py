"""A pool: pictures whose labels nobody knows, from which a first classifier may learn by pseudo-labels (pseudo.py)."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..core.facts import Facts
from ..core.files import write
from ..core.images import Images
from ..core.load import load
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..core.run import Run
from ..core.twins import groups_of
from .compare import compare
from .data import Data, Pool, twins
from .log import Log
from .look import Looker, look
from .probe import Probe
from .pseudo import (
    ENOUGH,
    NOTHING,
    STRANGER,
    UNSURE,
    Lesson,
    joined,
    procedure,
    pseudo,
    strangers,
    taught,
    verdict,
)

SHOWN = 20
"""At most so many names in a message."""
SHIFTED = 0.1
"""Share of a pool that may be strangers before it is worth a warning."""
REFUSED = "the pool did not pay"
TWIN, OWN = "twin of ", " of the pool"


def gather(data: Data, recipe: Recipe, log: Log, *, refuse: bool = True) -> Pool:
    """Look at every picture of the pool and say who may teach: who can be read, and is nobody's twin.

    Raises InputError where it is empty, none can be read, or some are verified twins of pictures that were given to
    judge (test or validation); without `refuse` these are twins like others.
    """
    try:
        images = load(recipe.pool)
    except InputError as error:
        raise InputError(f"The pool: {error}") from error
    n, known = len(images), len(data.images)
    if not n:
        raise InputError(f"There are no pictures in the pool {recipe.pool}. Give another folder with --pool.")
    blank = np.full(n, "", dtype=object)
    none = np.full(n, -1)
    images = replace(images, labels=none, classes=data.images.classes, split=blank, group=blank, weight=None,
                     columns={}, findings=(), targets=None)  # fmt: skip
    log.say(f"the pool {recipe.pool}: {n:,} pictures, whose labels are not read")
    facts, features = look(images, Looker(data.network, data.geometry, log, runtime=data.runtime))
    why = np.array([facts.reason(row) for row in range(n)], dtype=object)
    if (why != "").all():
        raise InputError(
            f"None of the {n} pictures of the pool {recipe.pool} can be read. The first: {images.names[0]}: {why[0]}."
        )
    both = _beside(data, images, facts, features)
    group = groups_of(twins(both, recipe), known + n)
    if refuse:
        _refuse(data, images, group, recipe)
    own, targets = data.images.labels >= 0, data.images.targets
    labelled = np.flatnonzero(data.kept & (own if targets is None else (targets >= 0).any(1)))[::-1]
    first = {int(group[row]): f"{TWIN}{data.images.names[row]}" for row in labelled}
    for row in np.flatnonzero(why == ""):
        why[row] = first.get(int(group[known + row]), "")
        first.setdefault(int(group[known + row]), f"{TWIN}{images.names[row]}{OWN}")
    _tell(images, why, log)
    return Pool(images, features, facts["hash"], why)


def _beside(data: Data, images: Images, facts: Facts, features: np.ndarray) -> Data:
    """Labelled pictures and then the pool's, as one."""
    own, seen = data.images, data.facts
    names = np.concatenate([own.names, np.array([f"pool {name}" for name in images.names], dtype=object)])
    joined = Images(
        [*own.items, *images.items], names, np.concatenate([own.labels, images.labels]), own.classes,
        np.concatenate([own.split, images.split]), np.concatenate([own.group, images.group]),
    )  # fmt: skip
    table, thumbs, small = (np.concatenate([getattr(one, part) for one in (seen, facts)]) for part in
                            ("table", "thumbs", "small"))  # fmt: skip
    every = Facts(table, thumbs, small)
    return replace(data, images=joined, facts=every, features=np.concatenate([data.features, features]))


def _refuse(data: Data, images: Images, group: np.ndarray, recipe: Recipe) -> None:
    """Raise InputError for pool pictures that are twins of labelled ones which were given to judge."""
    known = len(data.images)
    judges = np.flatnonzero(np.isin(data.images.split, ("test", "validation")) & (data.images.labels >= 0))
    by = {group[row]: row for row in judges[::-1]}
    found = [row for row in range(len(images)) if group[known + row] in by]
    if not found:
        return
    pairs = [f"{images.names[row]} ({data.images.names[by[group[known + row]]]})" for row in found[:SHOWN]]
    more = f", and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    raise InputError(
        f"{len(found):,} of {len(images):,} pictures of the pool {recipe.pool} are test or validation pictures of this "
        f"run, or show the same: {', '.join(pairs)}{more}. Learning from them would leak what judges. Take them out of "
        "the pool, or give another with --pool."
    )


def _tell(images: Images, why: np.ndarray, log: Log) -> None:
    bad = np.flatnonzero(why != "")
    same = sum(str(why[row]).startswith(TWIN) for row in bad)
    unread = [f"{images.names[row]}: {why[row]}" for row in bad if not str(why[row]).startswith(TWIN)]
    if same:
        log.say(f"the pool: {same:,} pictures are left out, twins of labelled ones or of others in the pool")
    if unread:
        shown = "; ".join(unread[:5]) + ("; ..." if len(unread) > 5 else "")
        log.say(f"the pool: {len(unread):,} pictures cannot be read and are left out: {shown}")


def lesson(data: Data, pool: Pool, recipe: Recipe, learn: np.ndarray, judge: np.ndarray) -> Lesson:
    """What teaches: these rows of `data`, and of the pool whoever may; `judge` fits the temperature."""
    judges = (data.features[judge], data.images.labels[judge]) if len(judge) else None
    return Lesson(data.features[learn], data.images.take(learn), pool.features[pool.why == ""], recipe.level,
                  recipe.metric, recipe.inner_folds, recipe.seed, judges, recipe.pooling)  # fmt: skip


def teach(data: Data, recipe: Recipe, learn: np.ndarray, judge: np.ndarray, head: Probe, log: Log) -> Probe:
    """The first classifier with its pool where that helps; `data.pool` knows what came of it. None changes nothing."""
    pool = data.pool
    if pool is None:
        return head
    if recipe.declares("pool"):
        lend(data, pool, learn, log)
        return head
    found, pool.said, told = taught(lesson(data, pool, recipe, learn, judge), head)
    pool.figures = told | {"pictures": len(pool.why), "left": left(pool)}
    log.say(said(pool), pool=pool.figures)
    strange = pool.figures["left"].get(STRANGER, 0)
    if strange > SHIFTED * (pool.why == "").sum():
        log.say(
            f"warning: {strange:,} pictures of the pool resemble no labelled picture, where 1 % would be usual: are "
            "they of something else, or taken otherwise? pool.csv names them; they teach nothing"
        )
    return replace(found, notes=(*found.notes, pool.figures["sentence"]))


def lend(data: Data, pool: Pool, learn: np.ndarray, log: Log) -> None:
    """Say which pictures of the pool a method of its own is shown: those that resemble some that learn.

    Raises InputError where none does.
    """
    asked = np.flatnonzero((pool.why == "") | (pool.why == STRANGER))
    strange = strangers(data.features[learn], data.images.group[learn], pool.features[asked])
    pool.why = pool.why.copy()  # folds share it
    pool.why[asked] = np.where(strange, STRANGER, "")
    used, count = int((pool.why == "").sum()), len(pool.why)
    if not used:
        raise InputError(
            f"None of the {count:,} pictures of the pool resembles a labelled one: nothing is to be learned from them. "
            "Give pictures of the same kind with --pool, or drop it."
        )
    told = f"The pool: {used:,} of {count:,} pictures are learned from without labels."
    pool.figures = {"pictures": count, "used": used, "kept": True, "left": left(pool), "sentence": told}
    log.say(told, pool=pool.figures)


def again(data: Data, recipe: Recipe, learn: np.ndarray, head: Probe, log: Log) -> Probe:
    """The same for one classifier of all pictures, where folds have said already whether the pool is kept."""
    pool = data.pool
    if pool is not None and recipe.declares("pool"):
        lend(data, pool, learn, log)
        return head
    if pool is None or not pool.figures["kept"]:
        return head
    own = lesson(data, pool, recipe, learn, learn[:0])
    pool.said = pseudo(own, head)
    used = int(pool.said.teaches.sum())
    pool.figures |= {"used": used, "left": left(pool)}
    log.say(f"the pool: {used:,} pseudo-labels for the classifier of all pictures")
    return joined(own, head, pool.said) if used else head


def honest(data: Data, recipe: Recipe, learn: np.ndarray) -> "Predictions | None":
    """Out-of-fold predictions of the whole procedure, for few pictures; None without a pool. Rows are places."""
    return None if data.pool is None else procedure(lesson(data, data.pool, recipe, learn, learn[:0]))


def voted(pool: Pool, runs: Sequence[Run], after: Predictions, before: Predictions, recipe: Recipe) -> str:
    """What the folds' classifiers come to, as a sentence and in `pool.figures`: kept where more than half kept it.

    after, before: of the same pictures, with and without the pool, each by classifiers that had not learned it.
    """
    each = [run.figures["pool"] for run in runs]
    gain = compare(after, before, metric=recipe.metric, seed=recipe.seed)
    votes = sum(one["kept"] for one in each)
    pool.figures = {
        "pictures": len(pool.why), "level": recipe.level, "kept": 2 * votes > len(each), "votes": votes,
        "folds": [one["used"] if one["kept"] else 0 for one in each], "gain": gain, "verdict": verdict(gain),
    }  # fmt: skip
    return said(pool)


def shown(pool: "Pool | None") -> dict[str, Any]:
    """What a run's figures hold of it; nothing without one."""
    return {"pool": pool.figures} if pool is not None else {}


def said(pool: Pool) -> str:
    """What the pool came to, and into its figures."""
    pool.figures["sentence"] = sentence(pool.figures)
    return pool.figures["sentence"]


def sentence(told: dict[str, Any]) -> str:
    """What the pool came to, for a log, a report and a terminal."""
    gain = told["gain"]
    if gain is None:
        reasons = {
            "sure": f"is surely of a class that is called rightly at {told['level']:g} out of fold",
            "propagated": "resembles a labelled one",
            "filled": "is of a class that has fewer labelled pictures than another, and resembles one of those",
        }
        why = reasons[told.get("way", "sure")]
        return f"The pool: none of {told['pictures']:,} pictures {why}, so the classifier is the one without it."
    beside = f"Beside the same classifier without it, out of fold: {gain['sentence']}. Does it help: {told['verdict']}"
    if "votes" in told:
        return f"The pool was kept by {told['votes']} of {len(told['folds'])} folds. {beside}."
    none = [row["class"] for row in told["classes"] if not row["used"]]
    shown = f", none for {', '.join(none[:5])}{', ...' if len(none) > 5 else ''}" if none else ""
    if not any(told["each"]):
        return (
            f"The pool: pseudo-labels for {told['used']:,} of {told['pictures']:,} pictures{shown}. Not kept, for "
            "nobody could say whether it helps: without a fold too few labels are left for any. Give more labels, or a "
            "lower --pool-precision."
        )
    end = "kept" if told["kept"] else "not kept, for no gain is seen"
    return f"The pool: pseudo-labels for {told['used']:,} of {told['pictures']:,} pictures{shown}. {beside}; {end}."


def left(pool: Pool) -> dict[str, int]:
    """Why pictures of the pool do not teach: reason to how many, most frequent first."""
    return dict(Counter(reason(why) for why in _why(pool) if why).most_common())


def reason(why: str) -> str:
    """Why a picture does not teach, without the name of whose twin it is."""
    if why.startswith(TWIN):
        return "twin of another of the pool" if why.endswith(OWN) else "twin of a labelled picture"
    return why if why in (STRANGER, NOTHING, UNSURE, ENOUGH) else "cannot be read"


def _why(pool: Pool) -> np.ndarray:
    """(m,) why each does not teach, "" where it does."""
    out = pool.why.copy()
    if pool.said is not None:
        out[pool.why == ""] = pool.said.why
    return out


def write_pool(path: Path, pool: Pool) -> None:
    """pool.csv: a row a picture of the pool: its pseudo-label and confidence where it has one, whether it taught, and
    else why not. Of folds each has its own."""
    lent = bool(pool.figures) and "level" not in pool.figures
    if pool.said is None and not lent:
        return
    asked, text = np.flatnonzero(pool.why == ""), io.StringIO()
    place = dict(zip(asked.tolist(), range(len(asked)), strict=True))
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["name", "hash", "label", "confidence", "learned", "why"])
    for row, why in enumerate(_why(pool)):
        at, shown = place.get(row), ["", ""]
        if at is not None and pool.said is not None:
            shown = [pool.images.classes[pool.said.guess[at]], f"{pool.said.confidence[at]:.6f}"]
        learned = why == "" and pool.figures["kept"]
        why = why or ("" if learned else REFUSED)
        table.writerow([pool.images.names[row], pool.hashes[row].tobytes().hex(), *shown, int(learned), why])
    write(path / "pool.csv", text.getvalue())
