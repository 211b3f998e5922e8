"""Folds: a classifier for each, fitted without it and judged by it, so that every picture is judged by one that had
not learned it; then perhaps one classifier of all pictures, by the settings that the folds chose."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from ..core.applied import added
from ..core.deal import per_class
from ..core.errors import InputError
from ..core.lookup import find, offer
from ..core.predictions import Predictions
from ..core.recipe import FEW_LABELS, TRAINING, Recipe
from ..core.rng import rng
from ..core.run import Run
from ..core.spec import Spec
from . import first
from .data import Data, Pool, check
from .figures import figure, figures, headline
from .first import Result, Stand, judged, leaked, predict, usable, whole
from .infer import model_of, predictions
from .log import Log
from .pool import shown, voted
from .task import heat

HOW = "classifiers that had not learned the picture (out of fold)"
HELD = "kept out of the folds: given as test pictures"


def deal(data: Data, recipe: Recipe) -> np.ndarray:
    """(n,) the fold of each picture, whole groups, every class in its share; -1 for those that take no part.

    Pictures that came as test pictures are kept out and named. Raises InputError for fewer groups than folds, and for a
    class that is one group: no classifier that had not learned it could know it.
    """
    usable(data)
    images = data.images
    data.why[(images.split == "test") & data.kept] = HELD
    rows = np.flatnonzero(data.kept)
    groups = per_class(images.labels[rows], images.group[rows], len(images.classes))
    alone = [images.classes[k] for k in np.flatnonzero(groups == 1)]
    if alone:
        more = f", and so are {len(alone) - 1} more classes" if len(alone) > 1 else ""
        raise InputError(
            f"{alone[0]!r} is a single group of pictures{more}: a classifier that has not learned it cannot know it. "
            "Add pictures of it, or leave the class out."
        )
    dealt = offer(find("split", f"folds({recipe.folds})"), images=images.take(rows), rng=rng(recipe.seed, "folds"))
    data.findings += [replace(found, rows=tuple(rows[list(found.rows)])) for found in dealt.findings]
    fold = np.full(len(images), -1)
    fold[rows] = dealt.columns["fold"]
    data.images = replace(images, split=np.where(fold >= 0, "train", "").astype(object), findings=())
    return fold


def part(data: Data, fold: np.ndarray, number: int, runs: Sequence[Run] = ()) -> Data:
    """The pictures of one classifier: its own fold is "test", the others "train". runs: of other folds, finished."""
    rows = np.flatnonzero(fold >= 0)
    split = np.where(fold[rows] == number, "test", "train").astype(object)
    images = replace(data.images.take(rows), split=split)
    return replace(
        data, images=images, facts=data.facts.take(rows), features=data.features[rows], why=data.why[rows].copy(),
        twins=data.twins[rows], findings=[], pool=replace(data.pool) if data.pool else None,
        siblings=siblings(runs), overlay=None,
    )  # fmt: skip


def siblings(runs: Sequence[Run]) -> "Predictions | None":
    """What other folds' classifiers said of their own folds, in scores: they are this one's witnesses.

    Only of those that trained: a first classifier has its own out-of-fold predictions. None where there is none.
    """
    said = [run.predictions("test") for run in runs if run.figures.get("rung", "probe") != "probe"]
    if not said:
        return None
    order = np.argsort(np.concatenate([one.rows for one in said]))
    own = {name: np.concatenate([getattr(one, name) for one in said])[order]
           for name in ("logits", "labels", "rows", "names", "group")}  # fmt: skip
    return replace(said[0], **own, temperature=1.0)


def settings(recipe: Recipe) -> Recipe:
    """Those of one fold's classifier: its share of the time; the data are checked, and strangers told, once for all."""
    share = recipe.minutes / (recipe.folds + recipe.fit_all)
    return replace(recipe, folds=0, fit_all=False, check="none", unknown="none", minutes=share)


def together(data: Data, fold: np.ndarray, runs: Sequence[Run]) -> Predictions:
    """What each classifier says of its own fold, in the pictures' order, at one temperature for all."""
    rows, images = np.flatnonzero(fold >= 0), data.images
    said = [run.predictions("test") for run in runs]
    order = np.argsort(np.concatenate([one.rows for one in said]))
    logits = np.concatenate([one.logits for one in said])[order]
    known = Predictions(logits, images.labels[rows], rows, images.classes, images.names[rows], images.group[rows])
    return replace(known, temperature=heat(known))


def without(data: Data, fold: np.ndarray, recipe: Recipe, known: Predictions) -> Predictions:
    """What the same classifiers would say of their own folds without the pool: `known` with other scores."""
    scores, quiet = np.empty_like(known.logits), Log(quiet=True)
    for number in range(recipe.folds):
        own = part(data, fold, number)
        learn, judged = (np.flatnonzero(own.images.split == name) for name in ("train", "test"))
        head = first._learn(own, settings(recipe), learn, learn[:0], quiet)
        scores[judged] = predict(own, head, judged).logits
    found = replace(known, logits=scores)
    return replace(found, temperature=heat(found))


def summary(stood: Stand, result: Result, runs: Sequence[Run], recipe: Recipe, log: Log) -> Result:
    """All folds as one training: checks, figures fold by fold; the headline is out of fold without test pictures."""
    known = stood.head.oof
    known = known.take(np.flatnonzero(~added(stood.data.images)[known.rows]))
    rows = [row(*one) for one in enumerate(runs)]
    own = {"oof": figure(known, metric=recipe.metric, seed=recipe.seed), "folds": rows} | shown(stood.data.pool)
    result.head = replace(result.head, notes=notes(runs, recipe, stood.data.pool))
    result.figures |= own
    if "test" in result.predictions:
        return result
    found = figures(known, metric=recipe.metric, seed=recipe.seed)
    log.say(headline(found))
    result.figures = found | {"path": [], "who": "pictures, out of fold"} | result.figures
    result.how, result.findings = HOW, check(stood.data, recipe, known)
    return result


def row(number: int, run: Run) -> dict[str, Any]:
    """A fold's own figure, JSON-ready."""
    found = run.figures
    return {"fold": number, "rung": found.get("rung", "probe"), "n": found["n"], **found["headline"]}


def notes(runs: Sequence[Run], recipe: Recipe, pool: "Pool | None") -> tuple[str, ...]:
    """What a report says of the folds."""
    rungs = Counter(run.figures.get("rung", "probe") for run in runs)
    told = " and ".join(f"{count} times {rung}" for rung, count in rungs.most_common())
    whole = "this model learned from all pictures" if recipe.fit_all else "answers are the mean of theirs"
    said = [found["sentence"] for found in shown(pool).values()]
    return (f"{len(runs)} classifiers, each without one fold ({told}); {whole}.", *said)


def chosen(runs: Sequence[Run], recipe: Recipe) -> Recipe:
    """What the folds chose: the rung that most of them kept (the simpler one of two), as long as their median."""
    rungs = Counter(run.figures.get("rung", "probe") for run in runs)
    best = max(rungs, key=lambda rung: (rungs[rung], rung == "probe"))
    changes: dict[str, Any] = {"folds": 0, "fit_all": False, "minutes": 0.0}
    if best == "probe":  # whose head is solved for: it has no use for what the others were fitted with
        changes |= {each.name: each.default for each in fields(Recipe) if each.name in (*TRAINING, "method")}
        changes |= {"method": recipe.method} if recipe.method == FEW_LABELS else {}
        return replace(recipe, **changes)
    plans = [run.json("plan.json") for run in runs if run.figures.get("rung") == best]
    epochs = float(np.median([_epochs(plan, best) for plan in plans]))
    method = best
    if best == "tail":
        cut = Counter(plan["cut"]["cut"] for plan in plans).most_common(1)[0][0]
        method = str(Spec("tail", (), (("cut", cut),)))
    named = recipe.method if recipe.method != "auto" else method
    return replace(recipe, **changes, method=named, epochs=epochs)


def _epochs(plan: dict[str, Any], rung: str) -> float:
    """How long a fold's classifier of this rung was fitted."""
    if rung == "tail":
        return float(plan["tail"]["epochs"])
    return float(next(value for name, value in plan.items() if name.startswith(rung) and name.endswith(" epochs")))


def stood(data: Data, fold: np.ndarray, runs: Sequence[Run], recipe: Recipe, log: Log) -> Stand:
    """Where the folds leave a training: everybody learned, and was judged out of fold.

    Pictures that came as test pictures judge the mean of all; they learn instead where one is fitted to all pictures.
    """
    known = together(data, fold, runs)
    if data.pool and not recipe.declares("pool"):
        log.say(voted(data.pool, runs, known, without(data, fold, recipe, known), recipe))
    tests = data.why == HELD
    data.why[tests] = ""
    name = "train" if recipe.fit_all else "test"
    data.images = replace(data.images, split=np.where(tests, name, data.images.split).astype(object))
    found = whole(data, recipe, log, np.flatnonzero(data.images.split == "train"), known)
    if not recipe.fit_all:
        found.test, found.leaked = np.flatnonzero(tests), leaked(data)
    return found


def fused(stood: Stand, runs: Sequence[Run], reading: Callable[[], Any], log: Log) -> Result:
    """The mean of all folds' classifiers, judged by the test pictures where some were given."""
    parts = {"train": stood.head.oof}
    if len(stood.test):
        reading()
        images = stood.data.images.take(stood.test)
        said = [predictions(model_of(run), images, log)[0] for run in runs]
        found, heat = find("fuse", "mean")()(said), stood.head.temperature  # stored ones are divided by it when read
        parts["test"] = replace(found, rows=stood.test, logits=heat * found.logits, temperature=heat)
    return judged(stood, stood.head, parts, stood.recipe, log)
