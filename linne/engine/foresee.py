"""What more pictures would bring: the learning curve of frozen features, carried on, for all classes and for each."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.deal import per_class
from ..core.errors import OptionError, nearest
from ..core.extrapolate import FORMS, LEVEL, Carried, carry
from ..core.intervals import clusters
from ..core.recipe import Recipe
from ..core.rng import rng
from .curve import Grown, folds, grow, grow_classes, ladder
from .data import Data
from .first import deal, few, usable
from .log import Log
from .probe import COMPARED, probe
from .task import Task

REPEATS, CLASS_REPEATS = 3, 2
FAR = 4.0
"""A curve is carried on to so many times the pictures that are there, no further."""
SMALL = 20
"""Learning pictures of a class, and groups of them, below which it has no curve of its own."""
MOST = 12
"""Classes that get a curve of their own where nobody names them: those that are found least."""
POINTS = 24
"""Places of the drawn band."""


def foresee(
    data: Data, recipe: Recipe, log: Log, *, more: int = 200, classes: Sequence[str] = (), also: int = 0
) -> dict[str, Any]:
    """Accuracy by learning pictures, and what `more` of them would bring, in all and of each class, and under "also"
    what another number of them would; JSON-ready.

    Learned and judged out of fold by train and validation pictures alone: those that a run of the same recipe would
    keep for testing are neither learned nor read. classes: by name, "all", "none", or the MOST weakest. Raises
    InputError for too few pictures, OptionError for a class that is not there or `more` below 1.
    """
    if more < 1:
        raise OptionError(f"--more {more} asks for no more pictures. Give 1 or more.")
    usable(data)
    rows = learning(data, recipe)
    images = data.images.take(rows)
    named = wanted(classes, images.classes)
    task = Task.of(data.features[rows], images, recipe.inner_folds, recipe.seed)
    task = task.take(task.sample(COMPARED, recipe.seed))
    deals = folds(task, REPEATS, recipe.seed)
    sizes = ladder(task, deals)
    strength = probe(task.features, images.take(task.place), folds=recipe.inner_folds, seed=recipe.seed).strength
    whole = grow(task, deals, sizes, strength, recipe.seed)
    found = told(whole, len(task), more, recipe.seed) | {"n": len(task), "strength": strength, "level": LEVEL}
    found |= {"also": told(whole, len(task), also, recipe.seed)["asked"]} if also else {}
    log.say(found["sentence"])
    hit = np.bincount(whole.labels, whole.right[:, -1].mean(0), len(images.classes))
    weak = np.argsort(hit / np.maximum(np.bincount(whole.labels, minlength=len(hit)), 1), kind="stable").tolist()
    chosen = weak[:MOST] if not classes else weak if named is None else named
    return found | _each(task, chosen, strength, more, recipe.seed, log)


def learning(data: Data, recipe: Recipe) -> np.ndarray:
    """Rows that learn or choose in a run of this recipe; all where there are too few for a test set."""
    if few(data, recipe):
        return np.flatnonzero(data.kept)
    split = deal(data, recipe, bool((data.images.split != "").any())).split
    return np.flatnonzero(data.kept & np.isin(split.astype(str), ("train", "validation")))


def wanted(names: Sequence[str], known: Sequence[str]) -> "list[int] | None":
    """Numbers of these classes, None for all. Raises OptionError for one that is not there."""
    if list(names) in ([], ["all"], ["none"]):
        return [] if list(names) == ["none"] else None
    for name in names:
        if name not in known:
            raise OptionError(f"There is no class {name!r}. {nearest(name, known)}")
    return [list(known).index(name) for name in names]


def told(grown: Grown, n: int, more: int, seed: int, what: str = "accuracy", name: str = "") -> dict[str, Any]:
    """A curve and what it comes to with `more`, twice and FAR times the n pictures: {points, asked, ahead, band,
    forms, sentence}."""
    asked = min(more, int((FAR - 1) * n))
    at = np.unique([n + asked, 2 * n, int(FAR * n)])
    line = np.geomspace(grown.sizes[0], FAR * n, POINTS)
    code = clusters(grown.group, len(grown.labels))
    wrong = 1.0 - grown.right
    found = carry(grown.sizes, wrong, code, np.concatenate([[n], at, line]), rng(seed, "carry", what, name))
    points = zip(grown.sizes.tolist(), found.measured, found.measured_low, found.measured_high, strict=True)
    steps = {int(size): _step(found, 1 + place, n) for place, size in enumerate(at)}
    drawn = range(1 + len(at), len(found.at))
    return {
        "what": what,
        "points": [{"pictures": round(x), "value": v, "low": low, "high": high} for x, v, low, high in points],
        "asked": steps[n + asked],
        "ahead": list(steps.values()),
        "band": [{"pictures": found.at[k], "low": found.low[k], "high": found.high[k]} for k in drawn],
        "forms": dict(zip(FORMS, found.forms.tolist(), strict=True)),
        "sentence": said(steps[n + asked], name, what, more),
    }  # fmt: skip


def said(step: dict[str, Any], name: str, what: str, more: int) -> str:
    """'200 more `rust` pictures: +2.0 to +4.1 points of recall'."""
    pictures = f"{step['more']:,} more `{name}` pictures" if name else f"{step['more']:,} more pictures"
    ends = f"{100 * step['gain_low']:+.1f} to {100 * step['gain_high']:+.1f} points of {what}"
    far = f" (as far as {FAR:g} times what is there; {more:,} is too far to foresee)" if step["more"] < more else ""
    return f"{pictures}: {ends}{far}"


def _step(found: Carried, k: int, n: int) -> dict[str, Any]:
    ends = ("value", "low", "high", "gain", "gain_low", "gain_high")
    return {"pictures": int(found.at[k]), "more": int(found.at[k]) - n} | {e: float(getattr(found, e)[k]) for e in ends}


def _each(task: Task, chosen: Sequence[int], strength: float, more: int, seed: int, log: Log) -> dict[str, Any]:
    """More of one class alone: its recall, and what that does to the accuracy of all."""
    counts = per_class(task.labels, task.group, len(task.classes))
    able = [kind for kind in chosen if counts[kind] >= SMALL]
    out = []
    for kind, grown in grow_classes(task, folds(task, CLASS_REPEATS, seed), able, strength, seed):
        mine, name = grown.labels == kind, task.classes[kind]
        part = replace(grown, right=grown.right[:, :, mine], labels=grown.labels[mine], group=grown.group[mine])
        n = int((task.labels == kind).sum())
        recall, overall = told(part, n, more, seed, "recall", name), told(grown, n, more, seed, "accuracy", name)
        out.append({"class": name, "n": n, "recall": recall, "accuracy": overall})
        log.say(recall["sentence"])
    none = [task.classes[kind] for kind in chosen if 0 < counts[kind] < SMALL]
    shown = ", ".join(none[:8]) + (", ..." if len(none) > 8 else "")
    notes = [f"{len(none)} classes of fewer than {SMALL} pictures or groups have no curve of their own: {shown}"]
    return {"classes": out, "notes": notes if none else []}
