"""Intervals of composite figures (F1, AUC, log loss, ...): a BCa bootstrap over groups, for many figures at once."""

from collections.abc import Callable, Mapping

import numpy as np

from .intervals import FEW, Interval, clusters, quantile
from .rng import rng

Measure = Callable[["np.ndarray | None"], "float | np.ndarray"]
"""A figure from row weights: None or (n,) gives a number, (B, n) gives (B,)."""

CELLS = 4_000_000
"""Weights held at once, 32 MB."""
WORK = 1_000_000_000
"""Above this many (weights x cost) the figure is jackknifed over BLOCKS blocks instead: about a minute at most."""
BLOCKS = 100


def bootstrap(
    measures: Mapping[str, Measure],
    group: "np.ndarray | None",
    n: int,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    cost: int = 1,
) -> dict[str, Interval]:
    """Each figure's BCa interval (Efron 1987) over groups drawn with replacement; all figures share the draws.

    The tails are those of Student's t with groups - 1 degrees of freedom, stretched by sqrt(G / (G - 1)) for the
    narrowness of resampling (Hesterberg 2015, "expanded"), so few groups widen it; below 20 it says so.
    cost: how many passes over the rows one weighting takes; where all would take too long it is a block jackknife.
    """
    code = clusters(group, n)
    groups = int(code.max()) + 1 if n else 0
    if groups < 2:
        return {name: _unknown(measure, n) for name, measure in measures.items()}
    if n * resamples * cost > WORK and groups >= 10 * BLOCKS:
        left = evaluate(measures, leave_out(groups, BLOCKS), code)
        return {name: jackknife(float(measure(None)), left[name], n, level) for name, measure in measures.items()}
    draws = rng(seed, "bootstrap").multinomial(groups, np.full(groups, 1 / groups), size=resamples)
    drawn = evaluate(measures, draws, code)
    left = evaluate(measures, leave_out(groups), code)
    warning = f"only {groups} groups" if groups < FEW else ""
    out = {}
    for name, measure in measures.items():
        value = float(measure(None))
        low, high = bca(value, drawn[name], left[name], groups, level)
        out[name] = Interval(value, min(low, value), max(high, value), n, "bca", warning)
    return out


def evaluate(measures: Mapping[str, Measure], draws: np.ndarray, code: np.ndarray) -> dict[str, np.ndarray]:
    """name: (B,) figures under group weights draws (B, G), a bounded number of rows at a time."""
    step = max(1, CELLS // len(code))
    parts = [draws[start : start + step].astype(float)[:, code] for start in range(0, len(draws), step)]
    return {
        name: np.concatenate([np.atleast_1d(measure(part)) for part in parts]) for name, measure in measures.items()
    }


def leave_out(groups: int, most: int = 200) -> np.ndarray:
    """(B, G) weights that leave out one group each, or one of `most` blocks of groups where there are more."""
    blocks = min(groups, most)
    return (np.arange(groups) % blocks != np.arange(blocks)[:, None]).astype(float)


def bca(value: float, drawn: np.ndarray, left: np.ndarray, groups: int, level: float) -> tuple[float, float]:
    """(low, high) by Efron 1987, eq. 6.6 and 6.9, from figures drawn (B,) and with groups left out (J,)."""
    from scipy.special import ndtr, ndtri

    drawn, left = drawn[np.isfinite(drawn)], left[np.isfinite(left)]
    if not len(drawn) or not np.isfinite(value):
        return np.nan, np.nan
    below = ((drawn < value).sum() + (drawn == value).sum() / 2) / len(drawn)
    shift = float(ndtri(np.clip(below, 1 / (2 * len(drawn)), 1 - 1 / (2 * len(drawn)))))
    pull = left.mean() - left
    spread = (pull**2).sum() ** 1.5
    skew = (pull**3).sum() / (6 * spread) if spread > 0 else 0.0
    z = quantile(level, groups - 1) * np.sqrt(groups / (groups - 1)) * np.array([-1, 1])
    tails = ndtr(shift + (shift + z) / (1 - skew * (shift + z)))
    low, high = np.quantile(drawn, tails)
    return float(low), float(high)


def jackknife(value: float, left: np.ndarray, n: int, level: float) -> Interval:
    """Student's interval from figures with one block of groups left out each (J,) (Tukey 1958)."""
    left = left[np.isfinite(left)]
    blocks = len(left)
    if blocks < 2 or not np.isfinite(value):
        return Interval(value, np.nan, np.nan, n, "none", "the figure is not defined")
    half = quantile(level, blocks - 1) * np.sqrt((blocks - 1) / blocks * ((left - left.mean()) ** 2).sum())
    return Interval(value, float(value - half), float(value + half), n, "jackknife")


def _unknown(measure: Measure, n: int) -> Interval:
    return Interval(
        float(measure(None)) if n else np.nan, np.nan, np.nan, n, "none", "one group has no spread to measure"
    )
