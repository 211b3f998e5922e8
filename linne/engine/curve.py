"""How accuracy grows with pictures: heads on nested shares of the learning pictures, judged by those they never saw.

In each repeat the groups are dealt to folds anew; of the others' groups, in one random order in which every class keeps
its share, ever longer beginnings learn. Every size is judged by the same pictures, so what changes is the size alone.
Test pictures are neither learned nor read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core.deal import codes
from ..core.errors import InputError
from ..core.rng import rng
from .solve import Design, blank, descend
from .task import Task, logits

SIZES, SPAN = 6, 5.0
"""Sizes of a curve, and how many times larger the largest is than the smallest."""
LEAST = 10
"""Learning pictures of the smallest size at least, and two a class."""
FEW = 60
"""Below this many learning pictures there is no curve to see."""
SHARES = (0.25, 0.4, 0.63)
"""Of one class's pictures, while the other classes keep all of theirs."""
TOLERANCE = 2e-3
"""Of solve.py: a head is asked which class, not how sure."""
Sides = Sequence[tuple[np.ndarray, np.ndarray]]
"""(learning rows, judging rows) of each fold; a judging row is in one fold alone."""


@dataclass(frozen=True, eq=False)
class Grown:
    """sizes: (S,) pictures that learned, of all classes or of one, ascending. right: (R, S, n) bool: who was right in
    each repeat at each size. labels (n,), group (n,): of those that judged."""

    sizes: np.ndarray
    right: np.ndarray
    labels: np.ndarray
    group: np.ndarray


def folds(task: Task, repeats: int, seed: int) -> list[Sides]:
    """For each repeat, folds dealt anew: everybody judges once."""
    out: list[Sides] = []
    for number in range(repeats):
        dealt = task.dealt(task.folds, seed, "curve", number)
        each = (np.flatnonzero(dealt.fold == fold) for fold in range(dealt.folds))
        out.append([(np.setdiff1d(np.arange(len(task)), own), own) for own in each])
    return out


def ladder(task: Task, deals: Sequence[Sides]) -> np.ndarray:
    """(S,) whole numbers: the sizes to learn from, evenly spaced in their logarithm.

    Raises InputError where the pictures are too few for a curve.
    """
    top = min(len(learn) for sides in deals for learn, _ in sides)
    present = len(np.unique(task.labels))
    low = max(top / SPAN, LEAST, 2 * present)
    if len(task) < FEW or top < 2 * low:
        need = max(FEW, int(np.ceil(1.25 * 2 * max(LEAST, 2 * present))))
        raise InputError(
            f"{len(task)} learning pictures of {present} classes are too few to see how accuracy grows: "
            f"a curve takes {need} at least. Add pictures, or train on these: with so few, more will help."
        )
    return np.round(np.geomspace(low, top, SIZES)).astype(int)


def grow(task: Task, deals: Sequence[Sides], sizes: np.ndarray, strength: float, seed: int) -> Grown:
    """Heads of this strength at every size, each begun at the one before it."""
    design = Design.of(task.features)
    right, learned = np.zeros((len(deals), len(sizes), len(task)), bool), np.zeros(len(sizes))
    for number, sides in enumerate(deals):
        for fold, (learn, judge) in enumerate(sides):
            heads = None
            for place, rows in enumerate(nested(task, learn, sizes, rng(seed, "nested", number, fold))):
                heads = solved(task, design, rows, np.ones((1, len(rows))), strength, heads)
                right[number, place, judge] = hits(task, design, heads, judge)
                learned[place] += len(rows) / (len(deals) * len(sides))
    return _judged(task, deals, learned, right)


def grow_classes(
    task: Task, deals: Sequence[Sides], kinds: Sequence[int], strength: float, seed: int
) -> Iterator[tuple[int, Grown]]:
    """For each of these classes: heads that learn from SHARES of it and, at last, from all of it, and from all pictures
    of the other classes."""
    design = Design.of(task.features)
    sides = [(number, fold, *one) for number, part in enumerate(deals) for fold, one in enumerate(part)]
    whole = [solved(task, design, learn, np.ones((1, len(learn))), strength) for _, _, learn, _ in sides]
    for kind in kinds:
        right = np.zeros((len(deals), len(SHARES) + 1, len(task)), bool)
        learned = np.zeros(len(SHARES) + 1)
        for (number, fold, learn, judge), full in zip(sides, whole, strict=True):
            own = learn[task.labels[learn] == kind]
            parts = list(nested(task, own, np.array(SHARES) * len(own), rng(seed, "class", kind, number, fold)))
            learns = np.array([(task.labels[learn] != kind) | np.isin(learn, part) for part in parts])
            heads = solved(task, design, learn, learns, strength, np.repeat(full, len(SHARES), 0))
            right[number][:, judge] = hits(task, design, np.concatenate([heads, full]), judge)
            learned += np.array([len(part) for part in [*parts, own]]) / len(sides)
        yield kind, _judged(task, deals, learned, right)


def nested(task: Task, learn: np.ndarray, sizes: np.ndarray, draw: np.random.Generator) -> Iterator[np.ndarray]:
    """Rows of `learn`, whole groups, about as many as each of `sizes` (ascending): each holds those before it."""
    order, ends = shuffled(task, learn, draw)
    for size in sizes:
        yield np.sort(learn[order[: ends[np.abs(ends - size).argmin()]]])


def shuffled(task: Task, rows: np.ndarray, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(order of `rows` by group, where groups end in it): any beginning holds every class in about its share."""
    group = codes(task.group[rows])
    _, first = np.unique(group, return_index=True)
    kind, place = task.labels[rows][first], np.empty(len(first))
    for label in np.unique(kind):
        own = np.flatnonzero(kind == label)
        place[own] = (draw.permutation(len(own)) + draw.random()) / len(own)
    order = np.argsort(place[group], kind="stable")
    ends = np.flatnonzero(np.diff(group[order], append=-1)) + 1
    return order, ends


def solved(
    task: Task, design: Design, rows: np.ndarray, learns: np.ndarray, strength: float, start: "np.ndarray | None" = None
) -> np.ndarray:
    """(F, K, r + 1) heads of those among `rows` that learn, (F, rows) bool or 0 and 1; from `start` where it is given.

    To TOLERANCE: against ten times closer heads the answers to 682 pictures of clothing stayed the same.
    """
    part = replace(design, features=task.features[rows], turned=None if design.turned is None else design.turned[rows])
    weights, targets = (task.weight[rows] * learns).astype(np.float32), task.labels[rows]
    begun = blank(part, targets, len(task.classes), weights) if start is None else start
    return descend(part, targets, weights, strength, begun, TOLERANCE)


def hits(task: Task, design: Design, heads: np.ndarray, judge: np.ndarray) -> np.ndarray:
    """(F, judge) bool: who is judged rightly by each head."""
    said = [logits(task.features[judge], *one).argmax(1) for one in zip(*design.raw(heads), strict=True)]
    return np.stack(said) == task.labels[judge]


def _judged(task: Task, deals: Sequence[Sides], sizes: np.ndarray, right: np.ndarray) -> Grown:
    rows = np.sort(np.concatenate([judge for _, judge in deals[0]]))
    rows = rows[task.able[rows]]
    return Grown(sizes, right[:, :, rows], task.labels[rows], task.group[rows])
