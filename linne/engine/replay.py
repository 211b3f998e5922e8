"""What a query would have brought on pictures whose labels are known: their labels hidden, asked for, beside random
choice of as many. The control that a suggestion can show before anybody has labelled it."""

from typing import Any

import numpy as np

from ..core.deal import deal
from ..core.images import Images
from ..core.intervals import clusters, quantile
from ..core.predictions import Predictions
from ..core.rng import rng
from .curve import solved
from .probe import Probe
from .query import Question
from .solve import Design
from .task import Task, logits

REPEATS = 12
FEW, MANY = 90, 3000
"""Labelled pictures below which nothing is replayed, and of more than MANY so many are."""
SHARES = (1, 2)
"""Of the pictures, those that judge and those that learn or are asked for."""


def replay(features: np.ndarray, images: Images, head: Probe, query: Any, n: int, seed: int) -> "dict[str, Any] | None":
    """Accuracy after n labels that `query` chose less accuracy after n random ones, JSON-ready; None for too few.

    features (m, d) of the labelled pictures. Each of REPEATS divisions keeps a third to judge; of the rest a third has
    labels at first and the others are the pool, of which no more than a third is asked for. Both ways learn at the
    head's strength and are judged by the same pictures, so gains are paired. The interval joins that over groups of
    pictures and that over divisions as the root of their squares.
    """
    task = Task.of(features, images, 5, seed)
    task = task.take(task.sample(MANY, seed))
    if len(task) < FEW:
        return None
    gains, means, known, asked = np.zeros((REPEATS, len(task))), np.zeros((REPEATS, 2)), 0, 0
    judged, design = np.zeros((REPEATS, len(task)), bool), Design.of(task.features)
    for number in range(REPEATS):
        part = deal(task.labels, task.group, SHARES, rng(seed, "replay", number))
        judge, rest = np.flatnonzero(part == 0), np.flatnonzero(part == 1)
        first = deal(task.labels[rest], task.group[rest], (1, 2), rng(seed, "replay start", number)) == 0
        start, pool = rest[first], rest[~first]
        asked, known = min(n, len(pool) // 3), len(start)
        picked = pool[_asked(task, design, start, pool, head, query, asked, seed, number)]
        drawn = pool[rng(seed, "replay random", number).permutation(len(pool))[:asked]]
        hits = [_right(task, design, np.concatenate([start, more]), judge, head.strength) for more in (picked, drawn)]
        means[number], judged[number, judge] = [hit.mean() for hit in hits], True
        gains[number, judge] = hits[0].astype(float) - hits[1]
    value, low, high = _interval(gains, judged, clusters(task.group, len(task)))
    return {"query": str(query), "known": known, "asked": asked, "repeats": REPEATS, "value": value, "low": low,
            "high": high, "accuracy": means.mean(0).tolist(), "verdict": _verdict(low, high)}  # fmt: skip


def sentence(found: dict[str, Any]) -> str:
    """What the replay came to, in words."""
    ends = f"{100 * found['value']:+.1f} points [{100 * found['low']:+.1f}, {100 * found['high']:+.1f}]"
    return (
        f"Replayed on your labelled pictures, {found['repeats']} times with {found['known']:,} labels known and "
        f"{found['asked']:,} asked for: {found['query']} beside random choice {ends} of accuracy, {found['verdict']}."
    )


def _verdict(low: float, high: float) -> str:
    return "so it helps" if low > 0 else "so it hurts" if high < 0 else "so nobody can tell which is better here"


def _asked(
    task: Task, design: Design, start: np.ndarray, pool: np.ndarray, head: Probe, query: Any, n: int, *where: int
) -> np.ndarray:
    """Places in `pool` that the query asks for, of a head that learned from `start`."""
    weight, bias = design.raw(solved(task, design, start, np.ones((1, len(start))), head.strength))
    blank = np.full(len(pool), "", object)
    scores = logits(task.features[pool], weight[0], bias[0])
    said = Predictions(scores, np.full(len(pool), -1), pool, task.classes, blank, blank, head.temperature)
    question = Question(task.features[start], task.labels[start], task.group[start], task.features[pool], said,
                        head.strength)  # fmt: skip
    return question.ask(query, n, *where)[0]


def _right(task: Task, design: Design, learn: np.ndarray, judge: np.ndarray, strength: float) -> np.ndarray:
    weight, bias = design.raw(solved(task, design, learn, np.ones((1, len(learn))), strength))
    return logits(task.features[judge], weight[0], bias[0]).argmax(1) == task.labels[judge]


def _interval(gains: np.ndarray, judged: np.ndarray, code: np.ndarray) -> tuple[float, float, float]:
    """(mean, low, high) of gains (repeats, n) where judged, 95 %."""
    value = float(gains[judged].mean())
    rows = np.bincount(code, (gains * judged).sum(0))
    counts = np.bincount(code, judged.sum(0))
    off = (rows - value * counts)[counts > 0]
    groups = len(off)
    spread = [(off**2).sum() ** 0.5 / counts.sum() * (groups / max(groups - 1, 1)) ** 0.5]
    each = np.array([gain[seen].mean() for gain, seen in zip(gains, judged, strict=True)])
    spread.append(each.std(ddof=1) / len(each) ** 0.5)
    half = float(np.hypot(quantile(0.95, groups - 1) * spread[0], quantile(0.95, len(each) - 1) * spread[1]))
    return value, value - half, value + half
