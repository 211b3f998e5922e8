"""What a linear head learns from: labelled pictures, their copies, folds and weights, for probe.py and nested.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..core.deal import codes, deal, per_class
from ..core.errors import InputError, OptionError
from ..core.images import Images
from ..core.lookup import declared, find
from ..core.predictions import Predictions, log_softmax
from ..core.rng import Where, rng
from ..core.spec import Spec, chain
from .solve import Design

STRENGTHS = tuple(float(f"{strength:.3g}") for strength in np.logspace(1, -3, 9))
"""From strong to weak; see solve.py for the unit."""


@dataclass(frozen=True, eq=False)
class Task:
    """n labelled pictures and the m >= n rows of features that stand for them; the first n are the pictures themselves.

    features: (m, d). row: (m,) the picture of each. labels, weight (mean 1), group, names, place (in the given Images):
    (n,). fold: (n,) who is held out together. classes: K names.
    """

    features: np.ndarray
    row: np.ndarray
    labels: np.ndarray
    weight: np.ndarray
    group: np.ndarray
    names: np.ndarray
    place: np.ndarray
    fold: np.ndarray
    classes: tuple[str, ...]

    @classmethod
    def of(
        cls, features: np.ndarray, images: Images, folds: int, seed: int, copies: np.ndarray | None = None,
        alone: bool = False,
    ) -> "Task":  # fmt: skip
        """The labelled pictures of `images`, dealt to at most `folds` folds.

        copies: (views, n, d) that learn with their picture; together they weigh as much as it did alone. alone: allows
        classes that are all one single group. Raises InputError for what cannot be learned from or judged.
        """
        place = np.flatnonzero(images.labels >= 0)
        labels, group = images.labels[place], images.group[place]
        _check(features, images, labels, group, alone)
        views = [features] if copies is None else [features, *copies]
        rows = features if len(place) == len(features) else np.asarray(features)[place]
        rows = rows if copies is None else np.concatenate([rows, *(view[place] for view in views[1:])])
        finite = np.isfinite(rows.sum(1, dtype=np.float64))
        if not finite.all():
            bad = images.names[place[np.flatnonzero(~finite)[0] % len(place)]]
            raise InputError(f"The features of {bad} are not finite. Leave out pictures that could not be read.")
        weight = np.ones(len(place)) if images.weight is None else images.weight[place].astype(np.float64)
        row, none = np.tile(np.arange(len(place)), len(views)), np.zeros(len(place), np.int64)
        task = cls(rows, row, labels, weight / weight.mean(), group, images.names[place], place, none, images.classes)
        return task.dealt(folds, seed, "folds")

    def dealt(self, folds: int, *where: Where) -> "Task":
        """The same pictures in other folds, drawn for this place; fewer folds where there are fewer groups."""
        if folds < 2:
            raise OptionError(f"folds={folds} must be at least 2.")
        parts = min(folds, int(codes(self.group).max()) + 1)
        return replace(self, fold=deal(self.labels, self.group, [1] * parts, rng(*where)))

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def folds(self) -> int:
        """How many folds there are."""
        return int(self.fold.max()) + 1

    @cached_property
    def able(self) -> np.ndarray:
        """(n,) bool: the class has a second group, so that a head which never saw this one can still know it."""
        return (per_class(self.labels, self.group, len(self.classes)) > 1)[self.labels]

    @cached_property
    def targets(self) -> np.ndarray:
        """(m,) int64: the label of each row of features."""
        return self.labels[self.row]

    def take(self, rows: np.ndarray) -> "Task":
        """These pictures (ascending, below n) with their copies."""
        if len(rows) == len(self):
            return self
        inside = np.isin(self.row, rows)
        own = {name: getattr(self, name)[rows] for name in ("labels", "weight", "group", "names", "place", "fold")}
        return replace(self, features=self.features[inside], row=np.searchsorted(rows, self.row[inside]), **own)

    def sample(self, most: int, seed: int) -> np.ndarray:
        """About `most` of the pictures, whole groups, every class in its share; all where they are no more."""
        if len(self) <= most:
            return np.arange(len(self))
        return np.flatnonzero(deal(self.labels, self.group, [most, len(self) - most], rng(seed, "sample")) == 0)

    def weights(self, learns: np.ndarray) -> np.ndarray:
        """(F, m) float32 row weights, from who learns in each of F problems: (F, n) bool."""
        return ((self.weight * learns)[:, self.row] * (len(self) / len(self.row))).astype(np.float32)

    def held_out(self, design: Design, solved: np.ndarray) -> np.ndarray:
        """(n, K) float64 logits of each picture by the head of its fold, out of solutions (folds, K, r + 1)."""
        weight, bias = design.raw(solved)
        out = np.empty((len(self), len(self.classes)))
        for fold in range(self.folds):
            own = np.flatnonzero(self.fold == fold)
            out[own] = logits(self.features[own], weight[fold], bias[fold])
        return out

    def predictions(self, logits: np.ndarray) -> Predictions:
        """These logits (n, K) with what is known of the pictures; rows are places in the given Images."""
        return Predictions(logits, self.labels, self.place, self.classes, self.names, self.group)


@dataclass(frozen=True)
class Aim:
    """A metric, and 1 where more of it is better, -1 where less is."""

    figure: Callable[[Predictions], Any]
    sign: int

    @classmethod
    def of(cls, metric: "str | Spec | Callable[[Predictions], Any]") -> "Aim":
        """From a trick's text or a callable, better when greater unless it says `greater = False`."""
        part = chain(metric)[0] if isinstance(metric, str) else metric
        greater = declared("metric", part.name, "greater") if isinstance(part, Spec) else getattr(part, "greater", True)
        return cls(find("metric", part), 1 if greater else -1)

    def score(self, predictions: Predictions) -> tuple[dict[str, float], float]:
        """({"figure", "log_loss"}, how good: greater is better, 0 for no picture, -inf for an undefined metric)."""
        if not len(predictions):
            return {"figure": np.nan, "log_loss": np.nan}, 0.0
        figure = float(self.figure(predictions))
        own = np.take_along_axis(log_softmax(predictions.logits), predictions.labels[:, None], 1)
        return {"figure": figure, "log_loss": float(-own.mean())}, self.sign * figure if figure == figure else -np.inf


def logits(features: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(n, K) float64 of a head's weight (K, d) and bias (K,) on features (n, d)."""
    return (np.asarray(features, np.float32) @ weight.T + bias).astype(np.float64)


def heat(predictions: Predictions) -> float:
    """The temperature of these predictions; 1 for none."""
    return float(find("calibrate", "temperature")(predictions)) if len(predictions) else 1.0


def ordered(strengths: Sequence[float] | None) -> list[float]:
    """From strong to weak, each once; STRENGTHS for None. Raises OptionError for none or one that is not positive."""
    given = sorted({float(s) for s in (STRENGTHS if strengths is None else strengths)}, reverse=True)
    if not given or not all(0 < s < np.inf for s in given):
        raise OptionError(f"strengths must be positive numbers, got {strengths!r}.")
    return given


def undefined(pictures: int) -> OptionError:
    """The error where a metric is not a number at any strength."""
    return OptionError(
        f"The metric is not defined on the {pictures:,} pictures that choose the strength. "
        "Choose by another, e.g. accuracy or log_loss."
    )


def _check(features: np.ndarray, images: Images, labels: np.ndarray, group: np.ndarray, alone: bool) -> None:
    if features.ndim != 2 or len(features) != len(images):
        raise InputError(f"{len(images)} pictures need features (n, width), got shape {features.shape}.")
    present = len(np.unique(labels))
    if present < 2:
        raise InputError(f"A head needs labelled pictures of at least two classes, got {present}.")
    if not alone and not (per_class(labels, group, len(images.classes)) > 1).any():
        raise InputError(
            f"Each of the {present} classes is one single group of pictures: nothing is left to judge by. "
            "Add pictures, group less coarsely, or take --method few and give test pictures."
        )
