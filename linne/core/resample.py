"""Intervals of composite figures (F1, AUC, log loss, ...): a studentised bootstrap over groups, many at once."""

from collections.abc import Callable, Mapping

import numpy as np

from .intervals import Interval, clusters, nothing, only, quantile
from .rng import rng

Measure = Callable[["np.ndarray | None"], "float | np.ndarray"]
"""A figure from row weights: None or (n,) gives a number, (B, n) gives (B,)."""
Bounds = tuple["float | None", "float | None"]

CELLS = 4_000_000
"""Weights held at once, 32 MB."""
BLOCKS = 400
"""More groups than this are dealt into so many blocks, which are then what is drawn and left out."""
WORK = 200_000_000
"""Above this many (draws x pictures x cost), seconds, no bootstrap but the jackknife, over a quarter of the blocks."""
FEW = 25
"""Below this many groups it says so: with 20, 90 % intervals of balanced accuracy held 82 % (bench/coverage.py)."""
HELD = 5
"""Influences that a figure rests on; on fewer, 90 % held 86 to 98 %."""


def bootstrap(
    measures: Mapping[str, Measure],
    group: "np.ndarray | None",
    n: int,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    bounds: "Mapping[str, Bounds] | None" = None,
    cost: int = 1,
) -> dict[str, Interval]:
    """Each figure's interval from groups drawn with replacement; all figures share the draws.

    bounds: the least and the greatest that a figure can be. cost: passes over the pictures that one weighting takes;
    where all of them would take long it is Student's interval from the jackknife. Fewer than 2 groups give NaN.
    """
    if not measures:
        return {}
    code, groups = deal(clusters(group, n), seed, BLOCKS)
    work = (resamples + min(groups, BLOCKS)) * n * cost
    if work > WORK:
        code, groups = deal(code, seed, BLOCKS // 4)
        resamples = 0
    if groups < 2:
        return {name: nothing(n, "one group has no spread to measure", one(m, n)) for name, m in measures.items()}
    draws = rng(seed, "bootstrap").multinomial(groups, np.full(groups, 1 / groups), size=resamples).astype(float)
    drawn, left = evaluate(measures, draws, code), evaluate(measures, 1 - np.eye(groups), code)
    out = {}
    for name, measure in measures.items():
        low, high = (bounds or {}).get(name, (None, None))
        value = one(measure, n)
        ends, method, warning = studentised(value, drawn[name], left[name], draws, level)
        least, greatest = np.clip(ends, low, high).tolist()
        out[name] = Interval(value, least, greatest, n, method, warning)
    return out


def deal(code: np.ndarray, seed: int, most: int) -> tuple[np.ndarray, int]:
    """(n,) group numbers and how many groups; more than `most` are dealt at random into `most` blocks."""
    groups = int(code.max(initial=-1)) + 1
    if groups <= most:
        return code, groups
    return (rng(seed, "blocks", most).permutation(groups) % most)[code], most


def evaluate(measures: Mapping[str, Measure], draws: np.ndarray, code: np.ndarray) -> dict[str, np.ndarray]:
    """name: (B,) figures under group weights draws (B, G), a bounded number of pictures at a time."""
    step = max(1, CELLS // len(code))
    parts: dict[str, list[np.ndarray]] = {name: [np.empty(0)] for name in measures}
    for start in range(0, len(draws), step):
        weights = draws[start : start + step][:, code]
        for name, measure in measures.items():
            parts[name].append(np.atleast_1d(measure(weights)))
    return {name: np.concatenate(part) for name, part in parts.items()}


def studentised(
    value: float, drawn: np.ndarray, left: np.ndarray, draws: np.ndarray, level: float
) -> tuple[tuple[float, float], str, str]:
    """((low, high), method, warning) by the bootstrap-t (Efron 1982, 10.9; Hall 1988), never inside Student's.

    drawn (B,) under draws (B, G), left (G,) without each group. The standard error is the jackknife's, and in each
    draw that of the same influences as drawn, so no second level of draws is needed. On either side the quantile is at
    least Student's with groups - 1: a handful of groups says too little about its own tails.
    """
    groups = len(left)
    pull = np.nan_to_num((groups - 1) * (np.nanmean(left) - left)) if np.isfinite(left).any() else np.zeros(groups)
    error = np.sqrt((pull**2).sum() / (groups * (groups - 1)))
    if not np.isfinite(value) or error == 0:
        return (np.nan, np.nan), "none", "no spread between groups to measure"
    student = quantile(level, groups - 1)
    up = down = student
    held = np.isfinite(drawn)
    if held.any():
        means, squares = draws[held] @ pull / groups, draws[held] @ pull**2 / groups
        errors = np.sqrt(np.maximum(squares - means**2, 0) / (groups - 1))
        pivots = (drawn[held] - value) / np.maximum(errors, error / 5)
        ends = np.quantile(pivots, ((1 - level) / 2, (1 + level) / 2))
        up, down = max(-float(ends[0]), student), max(float(ends[1]), student)
    method = "bootstrap-t" if len(drawn) else "jackknife"
    return (value - down * error, value + up * error), method, doubt(pull, groups)


def doubt(pull: np.ndarray, groups: int) -> str:
    """Why the interval may not cover what it says, or "": few groups, or fewer than HELD that it rests on."""
    if groups < FEW:
        return only(groups, "group")
    held = (pull**2).sum() ** 2 / (pull**4).sum()
    return "a few pictures or groups decide it" if held < HELD else ""


def one(measure: Measure, n: int) -> float:
    """The figure itself; NaN of no pictures."""
    return float(measure(None)) if n else np.nan
