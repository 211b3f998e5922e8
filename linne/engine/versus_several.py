"""Two runs of several labels on the same pictures, label by label."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..core.intervals import clusters
from ..core.lookup import find
from ..core.several import Several
from .compare import LEVEL, chance, compare

METRIC = "average_precision"
EACH = 40
"""Labels that are compared one by one; more would take minutes and, corrected for their number, tell nothing."""


def labels(second: Several, first: Several) -> list[dict[str, Any]]:
    """A row a label that some picture has: {"class", the gain in average precision with interval, "first", "second",
    "p"}; p of the interval's own centre and width. None where there are more than EACH."""
    trick, rows = find("metric", METRIC), []
    for number, name in enumerate(first.classes if len(first.classes) <= EACH else ()):
        pair = [_one(said, number) for said in (second, first)]
        if not (pair[0].targets == 1).any():
            continue
        found = compare(*pair, metric=METRIC, level=LEVEL)
        groups = int(clusters(pair[0].group, len(pair[0])).max()) + 1
        p = chance(found, None if groups == len(pair[0]) else groups - 1)
        worth = [float(np.asarray(trick(said))) for said in pair]
        ends = {end: found[end] for end in ("value", "low", "high", "method", "warning")}
        has = int((pair[0].targets == 1).sum())
        rows.append({"class": name, **ends, "n": has, "second": worth[0], "first": worth[1], "p": p})
    return rows


def _one(said: Several, number: int) -> Several:
    """One label alone, of the pictures of which it is known."""
    kept, column = said.take(np.flatnonzero(said.known[:, number])), slice(number, number + 1)
    return replace(kept, logits=kept.logits[:, column], targets=kept.targets[:, column],
                   thresholds=kept.thresholds[..., column], classes=said.classes[column])  # fmt: skip
