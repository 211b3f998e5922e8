"""What a gallery's pictures tell after a change, from what they told before it: only what the change touched is asked.

A picture's own similarity changes with its identity alone, and the nearest of the others only where that one changed or
a changed one came nearer. So a picture more costs a product of those asked with one mean instead of all pairs: the same
numbers, to the last bit (tests/engine/test_nearest.py).
"""

import numpy as np

from .attempts import Attempts, attempts, chosen, own, rivals
from .held import Held, directions
from .log import Log
from .nearest import Nearest

FEW, MOST = 8, 4096
"""All pictures are asked anew where more than one in FEW identities changed, or more than MOST."""
BLOCK = 512
"""Rows a product."""
NEAR = 1e-9
"""Products are computed one by one where they come so near to the best so far."""


def reasked(before: Held, tried: Attempts, held: Held, log: Log) -> Attempts:
    """What the pictures of `held` tell; `tried` is what those of `before` did."""
    nearest = Nearest(held)
    was, now = _same(before, held)
    changed = np.setdiff1d(np.arange(len(held.names)), now)
    if not len(tried) or len(changed) > min(len(held.names) // FEW, MOST):
        return attempts(held, nearest, log)
    number = np.full(len(before.names), -1)
    number[was] = now
    rows = chosen(held)
    found = _carried(Attempts(rows, held.identity[rows], *_blank(len(rows))), held, before, tried, number)
    _met(found, held, nearest, changed)
    missing = np.flatnonzero(found.rival < 0)
    with log.track("asked again as strangers", len(missing)) as step:
        found.rival[missing], found.other[missing] = rivals(held, nearest, rows[missing], step)
    touched = np.flatnonzero(np.isin(found.identity, changed) | np.isinf(found.own))
    found.own[touched] = own(held, nearest, rows[touched])
    return found


def _blank(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """own (infinite: not known yet), other and rival of n pictures."""
    return np.full(n, np.inf), np.full(n, -np.inf), np.full(n, -1)


def _same(before: Held, held: Held) -> tuple[np.ndarray, np.ndarray]:
    """Numbers, before and now, of the identities whose pictures and their shares are still the same."""
    *_, was, now = np.intersect1d(_signatures(before), _signatures(held), return_indices=True)
    return was, now


def _signatures(held: Held) -> np.ndarray:
    """(identities,) uint64 of each one's pictures and how much each counts, in any order."""
    if not len(held):
        return np.zeros(0, np.uint64)
    high = np.frombuffer(np.ascontiguousarray(held.hash).tobytes(), "<u8")[1::2]
    share = np.ascontiguousarray(held.share, np.float64).view(np.uint64)
    each = _mixed(held.marks + _mixed(high + _mixed(share)))
    order = np.argsort(held.identity, kind="stable")
    starts = np.searchsorted(held.identity[order], np.arange(len(held.names)))
    return _mixed(np.add.reduceat(each[order], starts))


def _mixed(x: np.ndarray) -> np.ndarray:
    """uint64, every bit of one a change of half of the other's (splitmix64: Steele, Lea and Flood 2014)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _carried(found: Attempts, held: Held, before: Held, tried: Attempts, number: np.ndarray) -> Attempts:
    """With what was known of pictures that are asked again; number: of each identity of before, now, -1 for none."""
    *_, here, there = np.intersect1d(held.marks[found.row], before.marks[tried.row], return_indices=True)
    rival = np.where(tried.rival[there] >= 0, number[tried.rival[there]], -1)
    stays = rival >= 0
    found.rival[here[stays]], found.other[here[stays]] = rival[stays], tried.other[there[stays]]
    mine = number[tried.identity[there]] == found.identity[here]
    found.own[here[mine]] = tried.own[there[mine]]
    return found


def _met(found: Attempts, held: Held, nearest: Nearest, changed: np.ndarray) -> None:
    """Those changed that come nearer than the nearest so far take its place; of equals the first, as in a search."""
    known, means = np.flatnonzero(found.rival >= 0), nearest.templates(changed)
    for start in range(0, len(known) if len(changed) else 0, BLOCK):
        part = known[start : start + BLOCK]
        points = directions(held.rows.take(found.row[part]))
        near = points @ means.T >= found.other[part, None] - NEAR
        near &= changed != found.identity[part, None]
        some = np.flatnonzero(near.any(1))
        owner, score = nearest.anew(points[some], np.where(near[some], changed, -1), 1)
        owner, score, part = owner[:, 0], score[:, 0], part[some]
        better = (score > found.other[part]) | ((score == found.other[part]) & (owner < found.rival[part]))
        found.rival[part[better]], found.other[part[better]] = owner[better], score[better]
