"""How often each class comes among new pictures that nobody labelled, if the classes themselves look as they did.

Maximum likelihood by expectation maximisation (Saerens et al. 2002, equation 2.9) on probabilities that were calibrated
with a factor and a shift a class, without which it is no better than inverting a confusion matrix (Alexandari et al.
2020, arXiv:1901.06852). Intervals take in the new pictures and those that calibrated, both drawn by groups.

Whether the shares changed is asked of what is said itself (Lipton et al. 2018, arXiv:1802.03916): each class's mean
probability, new beside old, under permutations of whole groups, the greatest of all classes' differences counting
(Westfall and Young 1993, algorithm 2.8). Estimated shares end at 0 too often to be asked: by their intervals 24 % of
halves of the same pictures seemed to differ.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ..core.intervals import clusters, quantile, score
from ..core.lookup import find
from ..core.predictions import Predictions, softmax
from ..core.rng import rng

CALIBRATE = "vector"
TURNS, STILL = 200, 1e-6
FITS = 20
"""Draws of the pictures that calibrate; each is met by as many draws of the new ones as CELLS allows."""
CELLS = 20_000_000
DRAWS = 20
EDGE = 0.5
"""Pictures: a share is never closer to 0 or 1 than half a picture."""
PERMUTED = 999


def mix(
    known: Predictions, logits: np.ndarray, group: np.ndarray, *, seed: int = 0, level: float = 0.95
) -> dict[str, Any]:
    """{"classes": [{"class", "share", "low", "high", "before", "p", "told"}], "shifted", "n", "of"}, JSON-ready.

    known: labelled pictures that taught nothing, in logits that the new ones' (m, K), all finite, compare with; group
    (m,): of the new ones. before: a class's share among `known`; p: that any class's mean probability differs as much
    by chance.
    """
    code = clusters(group, len(logits))
    value, before = _shares(known, logits, np.ones((1, len(logits))))
    draws = _drawn(known, logits, code, seed)
    edge = EDGE / len(logits)
    odds = _odds(draws, edge)
    spread = np.maximum(odds.std(axis=0, ddof=1), 1e-9)
    groups = int(code.max()) + 1
    centre = _odds(value[0], edge)
    half = quantile(level, max(groups - 1, 1)) * spread
    low, high = (1 / (1 + np.exp(-(centre + sign * half))) for sign in (-1, 1))
    low, high = _counted(value[0], low, high, groups, level)
    p = changed(softmax(known.logits), softmax(logits), clusters(known.group, len(known)), code, seed)
    rows = [
        {"class": name, "share": float(value[0, k]), "low": float(low[k]), "high": float(high[k]),
         "before": float(before[k]), "p": float(p[k]), "told": bool(p[k] <= 1 - level)}
        for k, name in enumerate(known.classes)
    ]  # fmt: skip
    return {"classes": rows, "shifted": any(row["told"] for row in rows), "n": len(logits), "of": len(known)}


def em(chances: np.ndarray, before: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B, K) shares of the classes, most likely for chances (m, K) under shares `before` (K,), rows weighted (B, m)."""
    weights = weights / weights.sum(axis=1, keepdims=True)
    ratio = chances / np.maximum(before, 1e-12)
    found = np.repeat(before[None], len(weights), axis=0)
    for _ in range(TURNS):
        total = np.maximum(found @ ratio.T, 1e-300)
        new = found * ((weights / total) @ ratio)
        new /= new.sum(axis=1, keepdims=True)
        moved, found = float(np.abs(new - found).max()), new
        if moved < STILL:
            break
    return found


def changed(old: np.ndarray, new: np.ndarray, own: np.ndarray, code: np.ndarray, seed: int = 0) -> np.ndarray:
    """(K,) p of each class, held against the greatest difference of all: exact where groups are exchangeable.

    old (n, K), new (m, K): probabilities. own (n,), code (m,): numbers of their groups.
    """
    said, group = np.concatenate([old, new]), np.concatenate([own, code + own.max() + 1])
    sums = np.stack([np.bincount(group, column) for column in said.T], axis=1)
    size, is_new = np.bincount(group), np.arange(group.max() + 1) > own.max()
    spread, draw = np.maximum(said.std(axis=0), 1e-12), rng(seed, "mix changed")
    apart = np.empty((PERMUTED + 1, said.shape[1]))
    for turn in range(PERMUTED + 1):
        side = draw.permutation(is_new) if turn else is_new
        inside, count = side @ sums, size[side].sum()
        apart[turn] = np.abs(inside / count - (sums.sum(axis=0) - inside) / (len(said) - count)) / spread
    return (1 + (apart[1:].max(axis=1)[:, None] >= apart[0] - 1e-12).sum(axis=0)) / (PERMUTED + 1)


def _shares(known: Predictions, logits: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((B, K) shares of the new pictures, (K,) shares of the known ones as the calibrator has them)."""
    calibrated = find("calibrate", CALIBRATE)(known)
    before = np.bincount(known.labels, minlength=len(known.classes)) / len(known)
    meant = calibrated(known.logits).mean(axis=0)
    return em(calibrated(logits), meant, weights), before


def _drawn(known: Predictions, logits: np.ndarray, code: np.ndarray, seed: int) -> np.ndarray:
    """(FITS * draws, K) shares under draws of both sides, by groups with replacement."""
    draw, own = rng(seed, "mix"), clusters(known.group, len(known))
    groups, sides = int(code.max()) + 1, int(own.max()) + 1
    count = int(np.clip(CELLS // (FITS * max(len(logits), 1) * len(known.classes)), 2, DRAWS))
    rows = np.split(np.argsort(own, kind="stable"), np.cumsum(np.bincount(own))[:-1])
    out = []
    for _ in range(FITS):
        places = np.concatenate([rows[group] for group in draw.integers(sides, size=sides)])
        part = replace(known.take(places), group=np.full(len(places), "", dtype=object))
        weights = draw.multinomial(groups, np.full(groups, 1 / groups), size=count)[:, code].astype(float)
        out.append(_shares(part, logits, np.maximum(weights, 1e-12))[0])
    return np.concatenate(out)


def _counted(
    shares: np.ndarray, low: np.ndarray, high: np.ndarray, groups: int, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ends (K,) no nearer to a share than had labels been counted: at 0 and 1 all draws agree, which proves little."""
    ends = np.array([score(float(share), groups, quantile(level)) for share in shares])
    return np.minimum(low, ends[:, 0]), np.maximum(high, ends[:, 1])


def _odds(shares: np.ndarray, edge: float) -> np.ndarray:
    inside = np.clip(shares, edge, 1 - edge)
    return np.log(inside / (1 - inside))
