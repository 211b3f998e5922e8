"""What a gallery's own pictures tell of it: each asked again as one more picture of its identity, and as a stranger.

As its own: the picture, and what is the same picture again, is left out of its identity; how alike are the two then?
As a stranger: its whole identity is left out; how alike is the nearest of the others? Of that the false-accept rate is
read. Nothing is tuned on these figures but the threshold and the probability that `threshold` and `sure` make of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from .held import Held, directions
from .log import Log
from .nearest import Nearest

MOST, LEAST, PAIRS = 4096, 1000, 200_000_000
"""Pictures that are asked again: so many at most, and fewer where they would be compared with more than PAIRS in all,
but never below LEAST. Every identity gives its first before any gives a second; which is first, its content says."""


@dataclass(frozen=True, eq=False)
class Attempts:
    """Of each of a pictures: row (a,) in the gallery; identity (a,); own (a,) float64, the cosine with what is left of
    its identity, NaN where nothing is; other (a,), the largest with another identity, -inf where there is none, and
    rival (a,), which one that is, -1 for none."""

    row: np.ndarray
    identity: np.ndarray
    own: np.ndarray
    other: np.ndarray
    rival: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    @property
    def known(self) -> np.ndarray:
        """(a,) bool: another picture of the identity is left, and another identity is there to be taken for it."""
        return np.isfinite(self.own) & np.isfinite(self.other)

    @property
    def strange(self) -> np.ndarray:
        """(a,) bool: there is another identity that a stranger could be taken for."""
        return np.isfinite(self.other)

    def columns(self) -> dict[str, np.ndarray]:
        """By name, to be kept."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def chosen(held: Held) -> np.ndarray:
    """Rows of the pictures that are asked again, ascending."""
    most = int(np.clip(PAIRS // max(len(held), 1), LEAST, MOST))
    mark = held.marks
    order = np.lexsort((mark, held.identity))
    turn = np.arange(len(order)) - np.searchsorted(held.identity[order], held.identity[order])
    first = np.lexsort((mark[order], turn))[:most]
    return np.sort(order[first])


def attempts(held: Held, nearest: Nearest, log: Log) -> Attempts:
    """Ask the chosen pictures again."""
    rows = chosen(held)
    with log.track("asked again as strangers", len(rows)) as step:
        rival, other = rivals(held, nearest, rows, step)
    return Attempts(rows, held.identity[rows], own(held, nearest, rows), other, rival)


def rivals(
    held: Held, nearest: Nearest, rows: np.ndarray, step: Callable[[int], None]
) -> tuple[np.ndarray, np.ndarray]:
    """(rival (a,), other (a,)) of these pictures; step is told how many were asked."""
    rival, other = np.full(len(rows), -1), np.full(len(rows), -np.inf)
    for start in range(0, len(rows), 512):
        part = slice(start, start + 512)
        owner, score = nearest.search(directions(held.rows.take(rows[part])), 2)
        mine = owner[:, 0] == held.identity[rows[part]]
        place = np.arange(len(owner)), mine.astype(int)
        rival[part], other[part] = owner[place], score[place]
        step(len(owner))
    return rival, other


def own(held: Held, nearest: Nearest, rows: np.ndarray) -> np.ndarray:
    """(a,) float64: how alike each of these pictures and what is left of its identity are, NaN where nothing is left.

    What is left is the weighted mean less the pictures that are the same one again: a sum less a part of it.
    """
    found = np.full(len(rows), np.nan)
    for identity in np.unique(held.identity[rows]):
        theirs = nearest.of(identity)
        group = np.unique(held.twin[theirs], return_inverse=True)[1]
        if group.max(initial=0) == 0:
            continue
        parts = held.weight[theirs, None] * directions(held.rows.take(theirs))
        sums = np.zeros((int(group.max()) + 1, held.rows.width))
        np.add.at(sums, group, parts)
        asked = np.flatnonzero(held.identity[rows] == identity)
        place = np.searchsorted(theirs, rows[asked])
        left = parts.sum(0) - sums[group[place]]
        found[asked] = (directions(held.rows.take(rows[asked])) * directions(left)).sum(1)
    return found
