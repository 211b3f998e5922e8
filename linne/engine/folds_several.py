"""Folds of pictures that may have several labels: each fold judged by the classifier that did not learn it, by the
thresholds that this one chose; their answers together are the mean of their logits.

The thresholds of the mean are chosen on what is said out of fold. Pictures that came as test pictures judge it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.lookup import find, offer
from ..core.recipe import Recipe
from ..core.rng import rng
from ..core.run import Run
from ..core.several import Several
from ..core.thresholds import thresholds
from . import folds, several
from .data import Data, check
from .figures import figure, headline
from .figures_several import figures
from .first import Result, Stand, leaked
from .infer import model_of, predictions
from .log import Log
from .probe import Probe


def deal(data: Data, recipe: Recipe) -> np.ndarray:
    """(n,) the fold of each picture, whole groups, every label in its share; -1 for those that take no part.

    Pictures that came as test pictures are kept out and named. A label that some fold's classifier could not learn is
    left out of all. Raises InputError for fewer groups than folds, and where no label is left.
    """
    several.usable(data)
    images = data.images
    data.why[(images.split == "test") & data.kept] = folds.HELD
    rows = np.flatnonzero(data.kept)
    dealt = offer(find("split", f"folds({recipe.folds})"), images=images.take(rows), rng=rng(recipe.seed, "folds"))
    data.findings += [replace(found, rows=tuple(rows[list(found.rows)])) for found in dealt.findings]
    fold = np.full(len(images), -1)
    fold[rows] = dealt.columns["fold"]
    data.images = replace(images, split=np.where(fold >= 0, "train", "").astype(object), findings=())
    learns = [np.flatnonzero((fold >= 0) & (fold != number)) for number in range(recipe.folds)]
    data.images = several.able(data, *learns)
    return fold


def stood(data: Data, fold: np.ndarray, runs: Sequence[Run], recipe: Recipe) -> Stand:
    """Where the folds leave a training: everybody learned, and was judged out of fold."""
    known = together(data, fold, runs)
    limits = thresholds(known.probabilities, known.targets, several.RULE)
    tests = data.why == folds.HELD
    data.why[tests] = ""
    data.images = replace(data.images, split=np.where(tests, "test", data.images.split).astype(object))
    strength = float(np.median([run.json("calibration.json")["strength"] for run in runs]))
    count, none = len(data.images.classes), np.zeros(0, np.int64)
    head = Probe(np.zeros((count, 0), np.float32), np.zeros(count, np.float32), data.images.classes, strength, 1.0,
                 replace(known, thresholds=limits), [], np.ones(len(known), bool),
                 f"{len(known):,} pictures, out of fold", folds.notes(runs, recipe, None))  # fmt: skip
    has = (data.images.answers >= 0).any(1)
    return Stand(data, head, np.flatnonzero(fold >= 0), none, np.flatnonzero(tests & has), leaked(data), recipe)


def together(data: Data, fold: np.ndarray, runs: Sequence[Run]) -> Several:
    """What each classifier says of its own fold, in the pictures' order, by its own thresholds (n, K)."""
    rows = np.flatnonzero(fold >= 0)
    said = [run.predictions("test") for run in runs]
    order = np.argsort(np.concatenate([one.rows for one in said]))
    judged = np.concatenate([one.rows for one in said])[order]
    limits = np.concatenate([np.tile(run.thresholds, (len(one), 1)) for run, one in zip(runs, said, strict=True)])
    logits = np.concatenate([one.logits for one in said])[order]
    taken = rows[judged]
    return several.predictions(data.images, taken, logits, data.images.answers[taken], limits[order])


def fused(stood: Stand, runs: Sequence[Run], reading: Callable[[], Any], log: Log) -> Result:
    """The mean of all folds' classifiers, judged by the test pictures where some were given."""
    oof, data = stood.head.oof, stood.data
    if not isinstance(oof, Several) or not len(stood.test):
        return Result(data, stood.head, stood.learn, {"train": oof}, {}, "")
    reading()
    images = replace(data.images.take(stood.test), targets=None)
    logits = np.mean([predictions(model_of(run), images, log)[0].logits for run in runs], axis=0)
    said = several.predictions(data.images, stood.test, logits, data.images.answers[stood.test], oof.thresholds)
    return several.judged(stood, stood.head, {"train": oof, "test": said}, stood.recipe, log)


def summary(
    stood: Stand, result: Result, runs: Sequence[Run], recipe: Recipe, fold: np.ndarray, log: Log
) -> Result:  # fmt: skip
    """All folds as one training: checks, figures fold by fold; the headline is out of fold without test pictures."""
    known = together(stood.data, fold, runs)
    own = {"oof": figure(known, metric=recipe.metric, seed=recipe.seed)}
    result.figures |= own | {"folds": [folds.row(*one) for one in enumerate(runs)]}
    if "test" in result.predictions:
        return result
    found = figures(known, metric=recipe.metric, seed=recipe.seed)
    log.say(headline(found))
    result.figures = found | {"path": [], "who": "pictures, out of fold"} | result.figures
    result.how, result.findings = folds.HOW, check(stood.data, recipe, None)
    return result
