"""The first classifier of pictures that may have several labels: a head a label on frozen features.

Training rows learn. What heads that never saw a picture or its group say of it (out of fold) chooses the strength,
makes each label's scores probabilities (Platt's sigmoid, folded into the head) and sets each label's threshold. Test
rows are read once, at the end; with too few pictures for a test set, all of this is done again inside each of several
folds, and the fold judges.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.deal import codes
from ..core.deal_several import deal_several
from ..core.errors import InputError, OptionError
from ..core.finding import Finding
from ..core.images import Images
from ..core.lookup import declared, find
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..core.rng import rng
from ..core.several import Several, sigmoid
from ..core.spec import parse
from ..core.thresholds import thresholds
from . import solve_several
from .data import Data, check
from .figures import headline
from .figures_several import figures
from .first import Result, Stand, deal, leaked
from .log import Log
from .probe import Probe
from .solve import Design
from .task import STRENGTHS, logits

RULE = "f1"
PATIENCE = 3


@dataclass(frozen=True, eq=False)
class Heads:
    """weight (K, d), bias (K,): calibrated. said: (n, K) calibrated logits out of fold. thresholds: (K,)."""

    weight: np.ndarray
    bias: np.ndarray
    said: np.ndarray
    thresholds: np.ndarray
    strength: float
    path: list[dict[str, float]]


def usable(data: Data) -> None:
    """Leave out by name the pictures of which no label is known. Raises InputError where none is left."""
    known = (_targets(data.images) >= 0).any(1)
    data.why[~known & (data.why == "")] = "no label is known"
    if not data.kept.any():
        raise InputError(f"No label of any picture of {data.images.came_from or 'the data'} is known.")


def stand(data: Data, recipe: Recipe, log: Log, dealt: Callable[[Data], Any]) -> Stand:
    """Split, and learn the first classifier; no test row is read. Raises InputError where none is left to judge by."""
    data.images = deal(data, recipe, bool((data.images.split != "").any()))
    split, twinned = data.images.split, leaked(data)
    learn = np.flatnonzero(data.kept & (split == "train"))
    data.images = able(data, learn)
    dealt(data)
    known = (_targets(data.images) >= 0).any(1)
    judge = np.flatnonzero(data.kept & known & (split == "validation") & ~twinned)
    test = np.flatnonzero(known & (split == "test"))
    if not len(test):  # train and validation alone: nothing chose on validation, so it judges
        test, judge = np.flatnonzero(known & (split == "validation")), judge[:0]
    if twinned[test].all():
        raise InputError("No test picture is left to judge by: name one part 'test' that shares none with the others.")
    return Stand(data, _learned(data, recipe, learn, log), learn, judge, test, twinned, recipe)


def _learned(data: Data, recipe: Recipe, learn: np.ndarray, log: Log) -> Probe:
    with log.track("chose the heads", 1) as step:
        heads = fit(data.features[learn], data.images.take(learn), recipe)
        step()
    log.say(f"heads of {len(data.images.classes)} labels on {len(learn):,} pictures: strength {heads.strength:g} "
            f"chosen by {recipe.inner_folds}-fold cross-validation for {recipe.metric.replace('_', ' ')}")  # fmt: skip
    return probe_of(heads, data.images, learn)


def probe_of(heads: Heads, images: Images, rows: np.ndarray) -> Probe:
    """The heads that learned from these rows of `images`, as any first classifier is kept."""
    oof = predictions(images, rows, heads.said, _targets(images)[rows], heads.thresholds)
    on = f"{len(rows):,} learning pictures, out of fold"
    return Probe(heads.weight, heads.bias, images.classes, heads.strength, 1.0, oof, heads.path,
                 np.ones(len(rows), bool), on)  # fmt: skip


def able(data: Data, *learns: np.ndarray) -> Images:
    """The pictures without the labels that cannot be told apart: among some of `learns`, each (m,) the rows that learn
    together, fewer than two groups have one, or have it not."""
    images, targets = data.images, _targets(data.images)
    lost = np.zeros(len(images.classes), bool)
    for learn in learns:
        ids = codes(images.group[learn])
        for value in (0, 1):
            lost |= np.array([len(np.unique(ids[column == value])) < 2 for column in targets[learn].T])
    if lost.all():
        raise InputError(
            f"None of the {len(lost)} labels of {images.came_from or 'the data'} can be learned: each needs two "
            "pictures that have it and two that are known not to. Where lists name every label, drop absent=unknown."
        )
    if lost.any():
        told = [images.classes[k] for k in np.flatnonzero(lost)]
        why = f"{len(told)} of {len(lost)} labels are left out of what is learned and said: {', '.join(told[:10])}. "
        why += "Fewer than two independent pictures of the learning ones have them, or are known not to."
        fix = "Add pictures of the kind that lacks, or correct the table."
        data.findings.append(Finding((), "labels left out", "high", why, fix, details={"classes": told}))
    kept = np.flatnonzero(~lost)
    return replace(images, classes=tuple(images.classes[k] for k in kept), targets=targets[:, kept])


def fit(
    features: np.ndarray, images: Images, recipe: Recipe, rule: str = RULE, strengths: Sequence[float] = STRENGTHS
) -> Heads:
    """The heads of these pictures: strength, calibration and thresholds by what is said out of fold."""
    targets, seed = _targets(images), recipe.seed
    parts = min(recipe.inner_folds, int(codes(images.group).max()) + 1)
    if parts < 2:
        raise InputError("All learning pictures are one group: nothing is left to judge by. Group less coarsely.")
    fold = deal_several(targets, images.group, [1] * parts, rng(seed, "folds"))
    design, own = Design.of(features), np.ones(len(images)) if images.weight is None else images.weight
    weights = (fold != np.arange(parts)[:, None]) * (own / own.mean())
    trick, trail, best, waited = find("metric", recipe.metric), [], None, 0
    sign = 1 if declared("metric", parse(recipe.metric)[0].name, "greater", True) else -1
    for strength, solved in zip(strengths, solve_several.path(design, targets, weights, strengths), strict=True):
        said = _held_out(features, fold, *design.raw(solved))
        slope, shift = calibrated(said, targets)
        told = predictions(images, np.arange(len(images)), said * slope + shift, targets, rule)
        worth = float(trick(told))
        trail.append({"strength": strength, "figure": worth, "log_loss": _log_loss(told)})
        waited += 1
        if best is None or sign * worth > best[0] + 1e-12:
            best, waited = (sign * worth, strength, solved, slope, shift, told), 0
        if waited == PATIENCE:
            break
    if best is None or not np.isfinite(best[0]):
        raise OptionError(f"The metric {recipe.metric} is not defined on these pictures. Choose by average_precision.")
    _, strength, solved, slope, shift, told = best
    every = (own / own.mean())[None]
    head = solve_several.descend(design, targets, every.astype(np.float32), strength, solved.mean(0, keepdims=True))
    weight, bias = design.raw(head[0])
    weight, bias = (weight * slope[:, None]).astype(np.float32), (bias * slope + shift).astype(np.float32)
    return Heads(weight, bias, told.logits, told.thresholds, strength, trail)


def calibrated(said: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(slope (K,), shift (K,)) that make each label's logits (n, K) those of its probability, where it is known.

    1 and 0 for a label that none of these pictures has, or all.
    """
    out = np.stack([np.ones(said.shape[1]), np.zeros(said.shape[1])])
    for label, (column, target) in enumerate(zip(said.T, targets.T, strict=True)):
        rows = np.flatnonzero((target >= 0) & np.isfinite(column))
        if len(np.unique(target[rows])) < 2:
            continue
        blank = np.full(len(rows), "", dtype=object)
        two = np.column_stack([np.zeros(len(rows)), column[rows]])
        found = find("calibrate", "platt")(
            Predictions(two, target[rows].astype(int), rows, ("no", "yes"), blank, blank)
        )
        if found.slope[1] > 0:  # a label that is not recognised at all keeps its order
            out[:, label] = found.slope[1], found.shift[1]
    return out[0], out[1]


def predictions(
    images: Images, rows: np.ndarray, said: np.ndarray, targets: np.ndarray, rule: "str | np.ndarray" = RULE
) -> Several:
    """These logits (n, K) of rows of `images`; thresholds chosen on them by a rule, or as they are given."""
    limits = thresholds(sigmoid(said), targets, rule) if isinstance(rule, str) else rule
    return Several(said, np.full(len(rows), -1), rows, images.classes, images.names[rows], images.group[rows],
                   targets=targets, thresholds=limits)  # fmt: skip


def fair(said: Several) -> Several:
    """These scores as a metric may be taken of them, whatever their scale: probabilities by Platt's sigmoid of all, and
    each half's thresholds chosen on the other, so that no picture is judged by a threshold that it chose."""
    slope, shift = calibrated(said.logits, said.targets)
    logits, limits = said.logits * slope + shift, np.empty(said.logits.shape)
    half = deal_several(said.targets, said.group, [1, 1], rng("halves"))
    for own in range(2):
        limits[half == own] = thresholds(sigmoid(logits[half != own]), said.targets[half != own], RULE)
    return replace(said, logits=logits, thresholds=limits)


def predict(data: Data, head: Probe, rows: np.ndarray) -> Several:
    """What the heads say of these pictures; NaN where one could not be read."""
    said = data.features[rows].astype(np.float64) @ head.weight.T.astype(np.float64) + head.bias
    limits = head.oof.thresholds if isinstance(head.oof, Several) else RULE
    return predictions(data.images, rows, said, _targets(data.images)[rows], limits)


def judged(stood: Stand, head: Probe, parts: "dict[str, Several]", recipe: Recipe, log: Log) -> Result:
    """A classifier by its predictions of "test", and perhaps "train" (of rows that it did not learn), "validation"."""
    data, out = stood.data, stood.leaked[stood.test]
    found = figures(parts["test"].take(np.flatnonzero(~out)), metric=recipe.metric, seed=recipe.seed)
    leak = ""
    if out.any():
        leak = f"{int(out.sum())} of {len(out)} test pictures have a verified twin among the learning ones; left out"
        log.say(leak)
    log.say(headline(found))
    how = "test pictures that neither learned nor chose"
    return _result(data, recipe, head, stood.learn, parts, (found, how, leak))


def cross_validated(data: Data, recipe: Recipe, log: Log, dealt: Callable[[Data], Any]) -> Result:
    """Each fold judged by heads whose strength, calibration and thresholds the other folds chose."""
    data.images = _all_learn(data)
    learn = np.flatnonzero(data.kept)
    data.images = able(data, learn)
    dealt(data)
    head = _learned(data, recipe, learn, log)
    images = data.images.take(learn)
    targets, features = _targets(images), data.features[learn]
    fold = deal_several(targets, images.group, [1] * recipe.inner_folds, rng(recipe.seed, "judges"))
    said, limits = np.zeros(targets.shape), np.zeros(targets.shape)
    with log.track("folds judged", int(fold.max()) + 1) as step:
        for part in range(int(fold.max()) + 1):
            own, others = np.flatnonzero(fold == part), np.flatnonzero(fold != part)
            inner = fit(features[others], images.take(others), recipe)
            said[own], limits[own] = logits(features[own], inner.weight, inner.bias), inner.thresholds
            step()
    judged = predictions(data.images, learn, said, targets, limits)
    found = figures(judged, metric=recipe.metric, seed=recipe.seed)
    found["who"] = "pictures, cross-validated"
    log.say(headline(found))
    how = "repeated grouped cross-validation: too few pictures for a test set of their own"
    return _result(data, recipe, head, learn, {"train": judged}, (found, how, ""))


def _result(
    data: Data, recipe: Recipe, head: Probe, learn: np.ndarray, parts: dict[str, Several],
    told: tuple[dict[str, Any], str, str],
) -> Result:  # fmt: skip
    found, how, leak = told
    result = Result(data, head, learn, dict(parts), found | {"path": head.path}, how, leak=leak)
    data.findings += [one for one in data.images.findings if one not in data.findings]
    result.findings = check(data, recipe, head.oof)
    return result


def foreseen(data: Data, recipe: Recipe, log: Log) -> "Several | None":
    """Every learning picture as heads saw it that it did not teach, for checks alone; None where none can be."""
    try:
        usable(data)
        split = data.images.split
        learn = np.flatnonzero(data.kept & ((split == "train") | ~(split == "train").any()))
        images = able(data, learn)
        heads = fit(data.features[learn], images.take(learn), replace(recipe, metric="average_precision"))
    except (InputError, OptionError) as error:
        log.say(f"checks that need a classifier are left out: {error}")
        return None
    return predictions(images, learn, heads.said, _targets(images)[learn], heads.thresholds)


def _all_learn(data: Data) -> Images:
    split = np.full(len(data.images), "", dtype=object)
    split[data.kept] = "train"
    return replace(data.images, split=split)


def _targets(images: Images) -> np.ndarray:
    if images.targets is None:
        raise InputError("These pictures have one label each.")
    return images.targets


def _held_out(features: np.ndarray, fold: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    out = np.empty((len(features), weight.shape[1]))
    for part in range(len(weight)):
        own = np.flatnonzero(fold == part)
        out[own] = logits(features[own], weight[part], bias[part])
    return out


def _log_loss(said: Several) -> float:
    """The mean over known answers."""
    loss = np.logaddexp(0, np.where(said.targets == 1, -said.logits, said.logits))
    return float(loss[said.known].mean())
