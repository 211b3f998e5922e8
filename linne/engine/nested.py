"""Repeated grouped nested cross-validation: honest predictions where there are too few pictures for a test set."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..core.errors import OptionError
from ..core.images import Images
from ..core.predictions import Predictions, log_softmax
from .solve import Design, path
from .task import Aim, Task, heat, logits, ordered, undefined

WORK = 4e8
"""Rows x axes x classes x problems of all repeats together, about three seconds on 2 cores."""


class Nested(NamedTuple):
    """A Predictions for each repeat, and `pooled`: a row a picture, the mean over repeats of its log probabilities."""

    repeats: list[Predictions]
    pooled: Predictions


def nested(
    features: np.ndarray,
    images: Images,
    *,
    metric: "str | Callable[[Predictions], Any]" = "accuracy",
    folds: int = 5,
    repeats: int = 0,
    strengths: Sequence[float] | None = None,
    seed: int = 0,
) -> Nested:
    """Every picture predicted once a repeat, by a head whose strength and temperature were chosen without its fold.

    The strength is chosen by a cross-validation inside the other folds (Varma and Simon 2006,
    doi:10.1186/1471-2105-7-91), the temperature on the same inner predictions; logits come divided by it.
    repeats: 0 for as many as WORK allows, 1 to 10. Other arguments and errors as in `probe`.
    """
    if repeats < 0:
        raise OptionError(f"repeats={repeats} must be at least 1, or 0 for as many as pay.")
    task, aim, tried = Task.of(features, images, folds, seed), Aim.of(metric), ordered(strengths)
    design = Design.of(task.features)
    work = len(task) * len(design.power) * len(task.classes) * task.folds * (folds + 1)
    times = repeats or int(np.clip(WORK / work, 1, 10))
    found = []
    for repeat in range(times):
        outer = task.dealt(folds, "nested", seed, repeat)
        found.append(outer.predictions(_repeat(outer, design, folds, aim, tried, seed)))
    mean = np.mean([log_softmax(one.logits) for one in found], axis=0)
    return Nested(found, replace(found[0], logits=mean))


def _repeat(task: Task, design: Design, folds: int, aim: Aim, strengths: list[float], seed: int) -> np.ndarray:
    """(n, K) logits over temperature of every picture; outer folds and their inner ones are one batch of problems."""
    inner = [
        task.take(np.flatnonzero(task.fold != fold)).dealt(folds, "inner", seed, fold) for fold in range(task.folds)
    ]
    learns = np.concatenate([_learners(task, part) for part in inner])
    ends = np.cumsum([part.folds + 1 for part in inner])
    best: dict[int, tuple[float, Predictions, np.ndarray]] = {}
    for solved in path(design, task.targets, len(task.classes), task.weights(learns), strengths):
        for fold, (part, heads) in enumerate(zip(inner, np.split(solved, ends[:-1]), strict=True)):
            seen = part.predictions(part.held_out(design, heads[1:])).take(np.flatnonzero(part.able))
            worth = aim.score(seen)[1]
            if worth > best.get(fold, (-np.inf,))[0] + 1e-12:
                best[fold] = worth, seen, heads[0]
    out = np.empty((len(task), len(task.classes)))
    for fold, part in enumerate(inner):
        if fold not in best:
            raise undefined(int(part.able.sum()))
        _, seen, head = best[fold]
        own = np.flatnonzero(task.fold == fold)
        out[own] = logits(task.features[own], *design.raw(head)) / heat(seen)
    return out


def _learners(task: Task, part: Task) -> np.ndarray:
    """(1 + inner folds, n) bool: who learns for the outer fold, then while each inner fold is held out too."""
    place = np.full(len(task), -1)
    place[np.isin(task.place, part.place)] = part.fold
    return (place >= 0) & (place != np.arange(-1, part.folds)[:, None])
