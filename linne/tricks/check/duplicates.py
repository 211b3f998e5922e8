"""duplicates: pictures that are there more than once, as they are or edited, verified pixel by pixel."""

from collections import Counter
from typing import Any

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding
from linne.core.images import Images
from linne.core.twins import components, members

from ._twins import Twins, find_twins
from ._words import count, share


def duplicates(
    images: Images, facts: Facts, features: "np.ndarray | None" = None, *, agree: float = 0.8
) -> list[Finding]:
    """Findings "exact duplicates", "near duplicates" (medium) and "duplicates with different labels" (high).

    facts, features: of the same n rows; features (n, d) only add candidates. agree (0 to 1): how well the fine detail
    of two aligned pictures must correlate. details: "groups" (lists of rows, largest first), "pairs" (rows), "scores"
    and "mirrored" per pair. Exact groups have equal bytes; near groups hold at least one pair that has not.
    """
    twins = find_twins(facts, features, agree=agree)
    near = np.isin(twins.group, twins.group[twins.pairs[~twins.exact].ravel()])
    return [
        *_exact(twins),
        *_near(twins, [group for group in twins.groups() if near[group[0]]]),
        *_different(images, twins),
    ]


def _exact(twins: Twins) -> list[Finding]:
    groups = members(components(len(twins.group), twins.pairs[twins.exact]))
    if not groups:
        return []
    held = sum(map(len, groups))
    why = (
        f"{share(held, len(twins.group))} have the same bytes as another: {count(len(groups), 'group')}, "
        f"{held - len(groups):,} more than there are different ones."
    )
    fix = "Each group stays on one side of every split. Delete all but one of each, or keep them as weight on purpose."
    return [_finding("exact duplicates", "medium", groups, why, fix, pairs=_pairs(twins, twins.exact))]


def _near(twins: Twins, groups: list[np.ndarray]) -> list[Finding]:
    if not groups:
        return []
    largest = f", the largest of {len(groups[0])}" if len(groups[0]) > 2 else ""
    why = (
        f"{share(sum(map(len, groups)), len(twins.group))} show what another shows, edited or shot again: "
        f"{count(len(groups), 'group')}{largest}."
    )
    fix = "Each group stays on one side of every split. Look at them, and delete what is there twice by mistake."
    return [_finding("near duplicates", "medium", groups, why, fix, **_evidence(twins, ~twins.exact))]


def _different(images: Images, twins: Twins) -> list[Finding]:
    named = [group[images.labels[group] >= 0] for group in twins.groups()]
    groups = [group for group in named if len(np.unique(images.labels[group])) > 1]
    if not groups:
        return []
    table = [dict(Counter(images.classes[label] for label in images.labels[group])) for group in groups]
    shown = " and ".join(repr(name) for name in list(table[0])[:3])
    held = count(len(groups), "group of duplicates has", "groups of duplicates have")
    why = f"{held} more than one label, the first {shown}: at least {count(_wrong(table), 'label')} must be wrong."
    fix = "Look at them and give each group one label; until then they teach and judge both."
    kind = "duplicates with different labels"
    return [_finding(kind, "high", groups, why, fix, labels=table)]


def _wrong(table: list[dict[str, int]]) -> int:
    return sum(sum(labels.values()) - max(labels.values()) for labels in table)


def _finding(kind: str, severity: Any, groups: list[np.ndarray], why: str, fix: str, **details: Any) -> Finding:
    rows = tuple(int(row) for group in groups for row in group)
    details = {"groups": [[int(row) for row in group] for group in groups], **details}
    return Finding(rows, kind, severity, why, fix, details=details)


def _pairs(twins: Twins, chosen: np.ndarray) -> list[list[int]]:
    return twins.pairs[chosen].tolist()


def _evidence(twins: Twins, chosen: np.ndarray) -> dict[str, list[Any]]:
    return {
        "pairs": _pairs(twins, chosen),
        "scores": twins.score[chosen].round(4).tolist(),
        "mirrored": twins.mirrored[chosen].tolist(),
    }
