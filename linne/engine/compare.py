"""Which of two classifiers is better on the same pictures, and whether these pictures can tell."""

from functools import partial
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..core.intervals import Interval, mcnemar, paired, quantile
from ..core.lookup import declared, find
from ..core.predictions import Predictions
from ..core.resample import bootstrap
from ..core.several import Several
from ..core.spec import parse

LEVEL = 0.95


def compare(
    first: Predictions, second: Predictions, *, metric: str = "accuracy", level: float = 0.95, seed: int = 0
) -> dict[str, Any]:
    """How much better `first` is than `second`, JSON-ready: {metric, value, low, high, n, method, warning, p, better,
    sentence}; above 0 is better whichever way the metric goes. p is McNemar's mid-p, or None (groups, another metric).

    "better" is said only when the whole interval is above 0. Raises InputError unless both are of the same pictures.
    """
    if not (np.array_equal(first.rows, second.rows) and np.array_equal(_answers(first), _answers(second))):
        raise InputError("two sets of predictions can be compared only on the same pictures in the same order.")
    places = np.flatnonzero(first.labelled)
    first, second = first.take(places), second.take(places)
    name, p = parse(metric)[0].name, None
    trick = find("metric", metric)
    if declared("metric", name, "interval", "bootstrap") == "wilson":
        hits = trick(first, each=True), trick(second, each=True)
        found = paired(*hits, first.group, level)
        p = mcnemar(*hits) if (first.group == "").all() else None
    else:
        gain = 1 if declared("metric", name, "greater", True) else -1
        gap = partial(difference, trick, first, second, gain)
        found = bootstrap({metric: gap}, first.group, len(first), level=level, seed=seed)[metric]
    percent = declared("metric", name, "percent", True)
    said = {"p": p, "better": bool(found.low > 0), "sentence": sentence(found, percent)}
    return {"metric": metric} | found.as_dict() | said


def _answers(said: Predictions) -> np.ndarray:
    """What is known of their pictures."""
    return said.targets if isinstance(said, Several) else said.labels


def difference(trick: Any, first: Predictions, second: Predictions, gain: int, weights: "np.ndarray | None") -> Any:
    """gain x (first's figure - second's) under row weights."""
    return gain * (trick(first, weights) - trick(second, weights))


def chance(found: dict[str, Any], freedom: "float | None") -> float:
    """Two-sided p that there is no difference, of the interval's own centre and width; 1 where it has none."""
    from scipy.special import ndtr, stdtr

    if found["low"] is None or found["high"] is None or found["high"] <= found["low"]:
        return 1.0
    centre = (found["low"] + found["high"]) / 2
    z = abs(centre) / ((found["high"] - found["low"]) / 2) * quantile(LEVEL, freedom)
    return float(2 * (ndtr(-z) if freedom is None else stdtr(max(freedom, 1), -z)))


def sentence(found: Interval, percent: bool) -> str:
    """'better by 1.4 points [0.3, 2.5]', or that these pictures cannot tell."""
    scale, digits, unit = (100, 1, " points") if percent else (1, 3, "")
    value, low, high = (scale * x for x in (found.value, found.low, found.high))
    if not np.isfinite(low + high):
        return f"not told apart: {value:+.{digits}f}{unit}, without an interval"
    if found.low > 0 or found.high < 0:
        word, sign = ("better", 1) if value > 0 else ("worse", -1)
        ends = sorted((sign * low, sign * high))
        return f"{word} by {abs(value):.{digits}f}{unit} [{ends[0]:.{digits}f}, {ends[1]:.{digits}f}]"
    return f"not told apart: {value:+.{digits}f}{unit} [{low:.{digits}f}, {high:.{digits}f}]"
