"""Pseudo-labels: what a first classifier is sure of teaches it too, where labelled pictures say that this helps.

Who looks at what: each class's threshold is set by out-of-fold probabilities of labelled pictures; whether the pool
helped is judged by labelled pictures alone, each by a head whose thresholds and pseudo-labels were made without its
fold. Strengths stay those that the labelled pictures chose.

Labels come in one of three ways: `sure`, the head's own guesses from a threshold on; `propagated`, over the graph of
features (propagate.py); `filled`, the same, but only the surest of each class, until it has as many pictures as the
largest has labelled ones, for a long tail (as Wei et al. 2021, arXiv:2102.09559, take more of what is rare).

Arazo et al. 2020 (arXiv:1908.02983) describe how a classifier confirms its own mistakes; thresholds of a class's own,
weights that keep the classes' shares, and a judge that the pool never taught are what stands against it here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..core.images import Images
from ..core.intervals import clusters, wilson
from ..core.predictions import Predictions, softmax
from .compare import compare
from .probe import JUDGES, Probe, probe
from .propagate import Near, propagated, sure
from .solve import Design, path
from .task import Task, heat, logits

STRANGE = 0.99
"""Share of the labelled pictures that resemble another of them more than a stranger resembles any."""
BLOCK = 1024
NOTHING, STRANGER, UNSURE = "its class takes no pseudo-labels", "resembles no labelled picture", "not sure enough"
ENOUGH = "its class has enough"
FAVOUR = 3.0
"""How many times as much as its labelled pictures a class's propagated ones weigh, none more than one of those: 3 to 10
were alike on clothing with 10 and 30 labels a class, with 5 labels 10 was worse."""
VERDICTS = "helps", "hurts", "cannot tell"


@dataclass(frozen=True, eq=False)
class Lesson:
    """What teaches, and by which settings.

    features (n, d) and images: of n labelled learning pictures. pool: (m, d) features of pictures without labels.
    level: the precision that pseudo-labels are to have. judge: features and labels that fit the temperature, or None.
    way: how they come about, "sure", "propagated" or "filled". known: what is the same for every part of it.
    """

    features: np.ndarray
    images: Images
    pool: np.ndarray
    level: float
    metric: "str | Callable[[Predictions], Any]" = "accuracy"
    folds: int = 5
    seed: int = 0
    judge: "tuple[np.ndarray, np.ndarray] | None" = None
    way: str = "sure"
    known: dict[str, Near] = field(default_factory=dict)

    @property
    def near(self) -> Near:
        """The pool's nearest among themselves, found once for all folds."""
        if "near" not in self.known:
            self.known["near"] = Near.of(self.pool)
        return self.known["near"]

    def take(self, rows: np.ndarray) -> "Lesson":
        """The same with these labelled pictures alone, and none that judges."""
        return replace(self, features=self.features[rows], images=self.images.take(rows), judge=None)

    def plain(self) -> Probe:
        """The first classifier without the pool."""
        asked: Any = {"metric": self.metric, "folds": self.folds, "seed": self.seed, "judge": self.judge}
        return probe(self.features, self.images, **asked)


@dataclass(frozen=True, eq=False)
class Pseudo:
    """What a head says of m pool pictures: guess (m,) of class, confidence (m,), why (m,) str, "" where it teaches.

    thresholds: (K,) the lowest confidence that a class takes, NaN where it takes none or none is asked for. weight:
    (m,) of each beside a labelled picture's 1, None where the class alone decides it.
    """

    guess: np.ndarray
    confidence: np.ndarray
    why: np.ndarray
    thresholds: np.ndarray
    weight: "np.ndarray | None" = None

    @property
    def teaches(self) -> np.ndarray:
        """(m,) bool: whose pseudo-label is learned from."""
        return self.why == ""


def thresholds(known: Predictions, level: float) -> np.ndarray:
    """(K,) the lowest confidence from which on a class is called rightly at least at `level`; NaN for none.

    known: out-of-fold predictions. A share of k right of n is taken as (k + 1/2) / (n + 1), the mean of Jeffreys'
    posterior: 0.95 takes 9 without a mistake. The plain share would believe one single picture, and the lower end of a
    95 % interval would want 73, which the classes that a pool is for never have. Pictures of one group count as one.
    """
    out = np.full(len(known.classes), np.nan)
    sure, group = known.probabilities.max(axis=1), clusters(known.group, len(known))
    for k in range(len(out)):
        rows = np.flatnonzero(known.guesses == k)
        rows = rows[np.argsort(-sure[rows], kind="stable")]
        counts = 1 / np.bincount(group[rows], minlength=1)[group[rows]]
        n, right = np.cumsum(counts), np.cumsum(counts * known.right[rows])
        last = np.append(np.diff(sure[rows]) < 0, True)[: len(rows)]  # of equal confidences all or none
        enough = np.flatnonzero(((right + 0.5) / (n + 1) >= level) & last)
        if len(enough):
            out[k] = sure[rows[enough[-1]]]
    return out


def strangers(features: np.ndarray, group: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """(m,) bool: pool pictures that resemble the nearest labelled one less than 99 % of the labelled ones do.

    Likeness is the cosine of features around the labelled mean; labelled pictures look at those of other groups.
    """
    mean, code = features.mean(0), clusters(group, len(features))
    known, asked = (_unit(each - mean) for each in (features, pool))
    own = _nearest(known, known, code)
    return _nearest(asked, known, None) < np.quantile(own, 1 - STRANGE)


def _unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)


def _nearest(points: np.ndarray, known: np.ndarray, code: "np.ndarray | None") -> np.ndarray:
    """(m,) cosine of each unit row with the nearest known one, of another group where `code` (m,) tells groups."""
    out = np.empty(len(points), np.float32)
    for start in range(0, len(points), BLOCK):
        own = slice(start, start + BLOCK)
        cosine = points[own] @ known.T
        if code is not None:
            cosine[code[own, None] == code] = -1
        out[own] = cosine.max(axis=1, initial=-1)
    return out


def pseudo(lesson: Lesson, head: Probe) -> Pseudo:
    """What the head says of the pool, and who of it teaches."""
    if lesson.way != "sure" and len(lesson.pool):
        return _propagated(lesson, head)
    lowest = thresholds(head.oof, lesson.level)
    said = softmax(head.logits(lesson.pool) / head.temperature)
    guess, sure = said.argmax(axis=1), said.max(axis=1)
    strange = strangers(lesson.features, lesson.images.group, lesson.pool)
    low = lowest[guess]
    reasons = [strange, np.isnan(low), sure < np.where(np.isnan(low), 0, low)]
    why = np.select(reasons, [STRANGER, NOTHING, UNSURE], "").astype(object)
    return Pseudo(guess, sure, why, lowest)


def _propagated(lesson: Lesson, head: Probe) -> Pseudo:
    """What reaches every picture that is no stranger, and what it weighs."""
    given, classes = lesson.images, len(lesson.images.classes)
    away = strangers(lesson.features, given.group, lesson.pool)
    said = softmax(head.logits(lesson.pool) / heat(head.oof))
    share = propagated(lesson.near, lesson.features, given.labels, said, away)
    guess, none = share.argmax(axis=1), np.full(classes, np.nan)
    mass = np.bincount(given.labels, _weights(given), classes)
    if lesson.way == "filled":
        weight = _filled(guess, np.where(away, -1, share.max(1)), np.rint(mass.max() - mass))
        why = np.select([away, weight == 0], [STRANGER, ENOUGH], "").astype(object)
    else:
        weight = np.where(away, 0, sure(share))
        total = np.bincount(guess, weight, classes)
        weight = weight * np.minimum(1, FAVOUR * mass / np.maximum(total, 1e-12))[guess]
        why = np.where(away, STRANGER, "").astype(object)
    return Pseudo(guess, share.max(axis=1), why, none, weight)


def _filled(guess: np.ndarray, confidence: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(m,) 1 for the surest of each class, as many as are wanted (K,); 0 for others and below a confidence of 0."""
    out = np.zeros(len(guess))
    for k, count in enumerate(wanted.astype(int)):
        own = np.flatnonzero((guess == k) & (confidence >= 0))
        out[own[np.argsort(-confidence[own], kind="stable")][:count]] = 1
    return out


def _weights(images: Images) -> np.ndarray:
    """(n,) of labelled pictures, mean 1."""
    return np.ones(len(images)) if images.weight is None else images.weight / images.weight.mean()


def refit(lesson: Lesson, head: Probe, said: Pseudo) -> tuple[np.ndarray, np.ndarray]:
    """(weight, bias) of the head fitted again, at its strength, to labels and pseudo-labels.

    A class weighs as its labelled pictures' share of all, so that none becomes commoner by being easy, nor rarer by not
    being in the pool. Sure pseudo-labels weigh no more than the class's labels: clothing with 10 labels a class lost 8
    to 11 points where each weighed as much as a labelled picture, for the easy classes alone had some. Propagated ones
    come with weights; those that fill a class change its share on purpose.
    """
    given, more = lesson.images, np.flatnonzero(said.teaches)
    weight, labels, classes = _weights(given), given.labels, len(given.classes)
    targets = np.concatenate([labels, said.guess[more]])
    if said.weight is None:
        mass, count = np.bincount(labels, weight, classes), np.bincount(said.guess[more], minlength=classes)
        light = np.minimum(1, mass / np.maximum(count, 1))
        share = mass / np.maximum(mass + light * count, 1e-12)
        weights = np.concatenate([weight, light[said.guess[more]]]) * share[targets]
    else:
        weights = np.concatenate([weight, said.weight[more]])
        if lesson.way == "propagated":
            mass, total = (np.bincount(targets[:end], weights[:end], classes) for end in (len(labels), None))
            weights *= ((1 + FAVOUR) * mass / np.maximum(total, 1e-12))[targets]
    design = Design.of(np.concatenate([lesson.features, lesson.pool[more]]))
    solved = next(path(design, targets, classes, weights[None].astype(np.float32), [head.strength]))
    return design.raw(solved[0])


def crossed(lesson: Lesson) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """((n, K) logits with the pool, (n, K) without) of the labelled pictures, by heads that know nothing of their fold,
    and how many pseudo-labels there were without each fold.

    Strength, temperature, thresholds and pseudo-labels are made anew without each fold (Varma and Simon 2006).
    """
    fold = Task.of(lesson.features, lesson.images, lesson.folds, lesson.seed).fold
    out, used = np.empty((2, len(lesson.images), len(lesson.images.classes))), []
    for k in range(int(fold.max()) + 1):
        own, part = np.flatnonzero(fold == k), lesson.take(np.flatnonzero(fold != k))
        head = part.plain()
        said = pseudo(part, head)
        seen = lesson.features[own]
        used.append(int(said.teaches.sum()))
        out[1, own] = head.logits(seen)
        out[0, own] = logits(seen, *refit(part, head, said)) if used[-1] else out[1, own]
    return out[0], out[1], used


def taught(lesson: Lesson, head: Probe) -> tuple[Probe, Pseudo, dict[str, Any]]:
    """The head with the pool where that earned its place, else as it was; what it said; figures, JSON-ready.

    Kept where the estimated gain is above 0. The interval is not asked: a pool is for few labels, on which no gain
    that a pool brings could be told from none; the verdict says whether it could.
    """
    said = pseudo(lesson, head)
    told = {"pictures": len(lesson.pool), "level": lesson.level, "way": lesson.way, "classes": _classes(head.oof, said)}
    if not said.teaches.any():
        return head, said, told | {"used": 0, "kept": False, "verdict": VERDICTS[2], "gain": None}
    *both, each = crossed(lesson)
    after, before = (replace(one, temperature=heat(one)) for one in (replace(head.oof, logits=one) for one in both))
    gain = compare(after, before, metric=lesson.metric, seed=lesson.seed)  # type: ignore[arg-type]
    keep = bool(gain["value"] > 0)
    told |= {"used": int(said.teaches.sum()), "kept": keep, "verdict": verdict(gain), "gain": gain, "each": each}
    return (joined(lesson, head, said, after) if keep else head), said, told


def verdict(gain: dict[str, Any]) -> str:
    """One of VERDICTS for a gain with its interval."""
    return VERDICTS[0] if (gain["low"] or 0) > 0 else VERDICTS[1] if (gain["high"] or 0) < 0 else VERDICTS[2]


def joined(lesson: Lesson, head: Probe, said: Pseudo, oof: "Predictions | None" = None) -> Probe:
    """The head fitted with pseudo-labels. oof: its own out-of-fold predictions; those of `head` stay without them."""
    weight, bias = refit(lesson, head, said)
    found = replace(head, weight=weight, bias=bias)
    if oof is None:
        return found
    judge = lesson.judge
    if judge is not None and (judge[1] >= 0).sum() >= JUDGES:
        rows = np.flatnonzero(judge[1] >= 0)
        blank = np.full(len(rows), "", object)
        seen = logits(judge[0][rows], weight, bias)
        judges = Predictions(seen, judge[1][rows], rows, head.classes, blank, blank)
    else:
        judges = oof.take(np.flatnonzero(~head.chose))
    warm = heat(judges)
    return replace(found, temperature=warm, oof=replace(oof, temperature=warm))


def procedure(lesson: Lesson) -> Predictions:
    """Every labelled picture as predicted by the whole procedure without its fold, its choice whether the pool is kept
    too: for pictures that are too few for a test set. Logits come divided by each fold's temperature."""
    task = Task.of(lesson.features, lesson.images, lesson.folds, lesson.seed)
    out = np.empty((len(task), len(task.classes)))
    for k in range(task.folds):
        own, part = np.flatnonzero(task.fold == k), lesson.take(np.flatnonzero(task.fold != k))
        head = taught(part, part.plain())[0]
        out[own] = head.logits(lesson.features[own]) / head.temperature
    return task.predictions(out)


def _classes(known: Predictions, said: Pseudo) -> list[dict[str, Any]]:
    """A row a class: its threshold, the out-of-fold precision from there on, and its pseudo-labels."""
    sure, rows = known.probabilities.max(axis=1), []
    counts = np.bincount(said.guess[said.teaches], minlength=len(known.classes))
    for k, name in enumerate(known.classes):
        own = (known.guesses == k) & (sure >= said.thresholds[k])  # none where that is NaN
        found = wilson(known.right[own], known.group[own]).as_dict()
        lowest = None if np.isnan(said.thresholds[k]) else float(said.thresholds[k])
        asked = int((said.guess == k).sum())
        rows.append({"class": name, "threshold": lowest, "precision": found, "asked": asked, "used": int(counts[k])})
    return rows
