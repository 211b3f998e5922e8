"""leakage: pictures that judge and have a twin among those that teach, and the points of accuracy it is worth."""

from typing import Any

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding
from linne.core.groups import merge
from linne.core.images import Images
from linne.core.intervals import Interval, wilson
from linne.core.predictions import Predictions
from linne.core.twins import members

from ._twins import Twins, find_twins
from ._words import share


def leakage(
    images: Images,
    facts: Facts,
    features: "np.ndarray | None" = None,
    predictions: Predictions | None = None,
    *,
    agree: float = 0.8,
) -> list[Finding]:
    """Findings "leak between splits": test pictures with a verified twin in training or validation (high), and
    validation pictures with one in training (medium); none where no splits were given.

    predictions: of any rows; where they hold test pictures, the accuracy with and without those that leaked, and their
    difference in points with its interval (`worth`), are in `why` and in details: "accuracy_with", "accuracy_without",
    "points". agree: correlation from which aligned pictures are twins. details: "groups" (rows, the judging ones
    first), "against" (how many have a twin where).
    """
    if len(np.unique(images.split[images.split != ""])) < 2:
        return []
    twins = find_twins(facts, features, agree=agree)
    return [
        *_leak(images, twins, "test", ("train", "validation"), predictions),
        *_leak(images, twins, "validation", ("train",), None),
    ]


def worth(right: np.ndarray, leaked: np.ndarray, group: "np.ndarray | None" = None, level: float = 0.95) -> Interval:
    """Accuracy of all n pictures less that of those that did not leak, as a share, with its interval.

    right, leaked: (n,) bool. group: (n,), "" is a group of one; no group lies on both sides. It is the leaked share
    times the difference of two independent proportions, by Newcombe (1998, method 10) on grouped Wilson intervals.
    NaN where all pictures leaked or none.
    """
    part = leaked.mean() if len(leaked) else 0.0
    if part in (0.0, 1.0):
        return Interval(np.nan, np.nan, np.nan, len(right), "none", "nothing to compare")
    one, two = (wilson(right[side], None if group is None else group[side], level) for side in (leaked, ~leaked))
    gap = one.value - two.value
    low = gap - np.hypot(one.value - one.low, two.high - two.value)
    high = gap + np.hypot(one.high - one.value, two.value - two.low)
    warning = one.warning or two.warning
    return Interval(part * gap, part * float(low), part * float(high), len(right), "newcombe", warning)


def _leak(
    images: Images, twins: Twins, judge: str, teachers: tuple[str, ...], predictions: Predictions | None
) -> list[Finding]:
    crossing = {name: _meets(images, twins, judge, name) for name in teachers}
    leaked = np.any(list(crossing.values()), axis=0)
    rows = np.flatnonzero(leaked)
    if not len(rows):
        return []
    held = np.flatnonzero(np.isin(twins.group, twins.group[rows]) & np.isin(images.split, (judge, *teachers)))
    groups = [
        sorted(held[group].tolist(), key=lambda row: (images.split[row] != judge, row))
        for group in members(twins.group[held])
    ]
    against = {name: int(found.sum()) for name, found in crossing.items()}
    told, figures = _told(images, twins, leaked, predictions)
    where = " or ".join(name for name in teachers if against[name])
    why = f"{share(len(rows), int((images.split == judge).sum()))} of {judge} have a verified twin in {where}.{told}"
    fix = f"Read {judge} figures without them, and take them out of {judge} or their twins out of {where}."
    details = {"groups": groups, "against": against, **figures}
    return [
        Finding(
            tuple(rows.tolist()), "leak between splits", "high" if judge == "test" else "medium", why, fix, (), details
        )
    ]


def _meets(images: Images, twins: Twins, judge: str, teacher: str) -> np.ndarray:
    """(n,) bool: pictures of the split `judge` whose twins' group holds one of `teacher`."""
    return (images.split == judge) & np.isin(twins.group, twins.group[images.split == teacher])


def _told(
    images: Images, twins: Twins, leaked: np.ndarray, predictions: Predictions | None
) -> tuple[str, dict[str, Any]]:
    """(a sentence, details) about the accuracy on test pictures with and without those that leaked."""
    if predictions is None:
        return "", {}
    tested = predictions.take(np.flatnonzero((images.split[predictions.rows] == "test") & (predictions.labels >= 0)))
    apart = leaked[tested.rows]
    if not apart.any() or apart.all():
        return "", {}
    group = merge(images.group, twins.group)[tested.rows]
    points = worth(tested.right, apart, group)
    both, clean = wilson(tested.right, group), wilson(tested.right[~apart], group[~apart])
    told = (
        f" Accuracy is {both.text()} with them and {clean.text()} without: leakage was worth "
        f"{100 * points.value:.1f} points [{100 * points.low:.1f}, {100 * points.high:.1f}]."
    )
    figures = {"accuracy_with": both.as_dict(), "accuracy_without": clean.as_dict(), "points": points.as_dict()}
    return told, figures
