"""The first classifier: a linear head on frozen features, its strength chosen by grouped cross-validation.

Who looks at what: every learning picture is predicted by a head that never saw it or its group; four fifths of the
groups choose the strength by these predictions and the last fifth fits the temperature. Where pictures to judge by are
handed in, those fit the temperature and all learning ones choose. The head itself then learns from every picture.

Large sets: strengths are compared on at most COMPARED pictures (whole groups, every class in its share); the
predictions and the head then learn from all pictures, or from as many as keep LEARNED logits in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.deal import deal
from ..core.images import Images
from ..core.predictions import Predictions
from ..core.rng import rng
from .nested import Nested as Nested
from .nested import nested as nested
from .solve import Design, descend, path
from .task import Aim, Task, heat, logits, ordered, undefined

PATIENCE = 3
"""The path ends after so many strengths in a row that do not beat the best."""
COMPARED = 20_000
LEARNED = 50_000_000
JUDGES = 50
"""With fewer judging pictures than this the temperature is fitted on learning pictures that did not choose."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A linear head and how it came about.

    weight (K, d), bias (K,): float32, on features as they are. strength: penalty, see solve.py. temperature: divides
    logits. oof: every labelled learning picture as predicted, at that strength and temperature, by a head that never
    saw it or its group; its rows are places in the given Images. path: of each strength tried {"strength", "figure",
    "log_loss"} on the pictures that chose. chose: (len(oof),) bool, those pictures. calibrated_on: who fitted the
    temperature, in words. notes: what a person should know, a sentence each. classic: the learner in the head's place
    as text, "" for none, and then nothing chose; learner: gives its scores where it is no weight and bias.
    """

    weight: np.ndarray
    bias: np.ndarray
    classes: tuple[str, ...]
    strength: float
    temperature: float
    oof: Predictions
    path: list[dict[str, float]]
    chose: np.ndarray
    calibrated_on: str
    notes: tuple[str, ...] = ()
    classic: str = ""
    learner: "Callable[[np.ndarray], np.ndarray] | None" = None

    def logits(self, features: np.ndarray) -> np.ndarray:
        """(n, K) float64 of features (n, d), uncalibrated; NaN where a row's features are."""
        if self.learner is not None:
            from .classic import scores

            return scores(self.learner, features, len(self.classes))
        return logits(features, self.weight, self.bias)


def probe(
    features: np.ndarray,
    images: Images,
    *,
    metric: "str | Callable[[Predictions], Any]" = "accuracy",
    folds: int = 5,
    strengths: Sequence[float] | None = None,
    seed: int = 0,
    judge: tuple[np.ndarray, np.ndarray] | None = None,
    copies: np.ndarray | None = None,
) -> Probe:
    """Choose a strength, fit the head and its temperature.

    features: (n, d), a row for each of `images`, of which labels, group, weight and names are used; pictures without a
    label are left out. metric: what the strength maximises (minimises where the metric declares so); of equal strengths
    the strongest. judge: features (j, d) and labels (j,) of pictures that neither learn nor choose, without twins among
    those that do. copies: (views, n, d) features of augmented copies, which only learn, with their picture.
    Raises InputError for pictures that cannot be learned from or judged, OptionError for folds below 2 or strengths
    that are not positive.
    """
    task = Task.of(features, images, folds, seed, copies)
    judges = None if judge is None else strangers(*judge, task)
    judges = judges if judges is not None and len(judges) >= JUDGES else None
    chose = task.able.copy()
    if judges is None:
        chose &= choosers(task.labels, task.group, seed)
    choice = _choose(task, chose, Aim.of(metric), ordered(strengths), seed)
    oof, weight, bias = _learn(task, choice, seed)
    if judges is not None and judge is not None:
        judges = replace(judges, logits=logits(judge[0], weight, bias)[judges.rows])
        source = f"{len(judges):,} validation pictures"
    else:
        judges = oof.take(np.flatnonzero(task.able & ~chose))
        source = f"{len(judges):,} learning pictures that did not choose the strength"
    oof, notes = replace(oof, temperature=heat(judges)), notes_of(task, folds)
    return Probe(weight, bias, task.classes, choice.strength, oof.temperature, oof, choice.path, chose, source, notes)


def choosers(labels: np.ndarray, group: np.ndarray, seed: int) -> np.ndarray:
    """(n,) bool: who chooses the strength where learning pictures also fit the temperature; whole groups."""
    return deal(labels, group, [4, 1], rng(seed, "who chooses")) == 0


@dataclass(frozen=True, eq=False)
class _Choice:
    """A strength, its path, the pictures it was compared on, and their design, solutions and out-of-fold logits."""

    strength: float
    path: list[dict[str, float]]
    compared: np.ndarray
    design: Design
    solved: np.ndarray
    found: np.ndarray


def _choose(task: Task, chose: np.ndarray, aim: Aim, strengths: list[float], seed: int) -> _Choice:
    """The best strength by out-of-fold predictions of the pictures that choose."""
    compared = task.sample(COMPARED, seed)
    part, judges = task.take(compared), np.flatnonzero(chose[compared])
    design = Design.of(part.features)
    solutions = path(design, part.targets, len(task.classes), part.weights(_others(part)), strengths)
    trail: list[dict[str, float]] = []
    best, waited = -np.inf, 0
    choice: _Choice | None = None
    for strength, solved in zip(strengths, solutions, strict=True):
        found = part.held_out(design, solved)
        scores, worth = aim.score(part.predictions(found).take(judges))
        trail.append({"strength": strength, **scores})
        waited += 1
        if worth > best + 1e-12:
            best, waited, choice = worth, 0, _Choice(strength, trail, compared, design, solved, found)
        if waited == PATIENCE:
            break
    if choice is None:
        raise undefined(len(judges))
    return choice


def _learn(task: Task, choice: _Choice, seed: int) -> tuple[Predictions, np.ndarray, np.ndarray]:
    """Out-of-fold predictions of every picture and the head of all of them, at the chosen strength."""
    rows = task.sample(LEARNED // (len(task.classes) * (len(task.row) // len(task))), seed)
    part = task.take(rows)
    design, found, solved = choice.design, choice.found, choice.solved
    if len(choice.compared) < len(task):
        design = design.over(part.features)
        solved = descend(design, part.targets, part.weights(_others(part)), choice.strength, solved)
        found = task.held_out(design, solved)
    every = part.weights(np.ones((1, len(part)), bool))
    head = descend(design, part.targets, every, choice.strength, solved.mean(0, keepdims=True))
    weight, bias = design.raw(head[0])
    return task.predictions(found), weight, bias


def _others(task: Task) -> np.ndarray:
    """(folds, n) bool: who learns while a fold is held out."""
    return task.fold != np.arange(task.folds)[:, None]


def strangers(features: np.ndarray, labels: np.ndarray, task: Task) -> Predictions:
    """Judging pictures with a label, rows into `features`, as yet without logits."""
    rows = np.flatnonzero(np.asarray(labels) >= 0)
    nobody = np.full(len(rows), "", dtype=object)
    blank = np.zeros((len(rows), len(task.classes)))
    return Predictions(blank, np.asarray(labels)[rows], rows, task.classes, nobody, nobody)


def notes_of(task: Task, folds: int) -> tuple[str, ...]:
    """What a person should know of the folds: fewer than asked for, classes that none can judge."""
    notes = []
    if task.folds < folds:
        notes.append(f"{task.folds} folds instead of {folds}: there are only so many groups of pictures.")
    alone = [task.classes[label] for label in np.unique(task.labels[~task.able])]
    if alone:
        shown = ", ".join(alone[:5]) + (", ..." if len(alone) > 5 else "")
        notes.append(f"{len(alone)} classes are a single group of pictures and cannot be judged: {shown}.")
    return tuple(notes)
