"""Charts of a search as inline SVG: figure against cost, the best so far over trials, what mattered."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from .charts import CORNER, _frame, _line, _up, nice, place
from .words import drawn

TOP, HEIGHT, FOOT = 22, 290, 330


def scatter(runners: Sequence[dict[str, Any]], front: Sequence[str], percent: bool = True) -> str:
    """Each runner's figure with its interval over its ms a picture (by the logarithm); the Pareto front joined.

    runners: {"name", "cost", "figure"} each; front: names. percent: the figure is a share.
    """
    scale = 100 if percent else 1
    ends = [
        scale * one["figure"][end]
        for one in runners
        for end in ("low", "high", "value")
        if one["figure"][end] is not None
    ]
    rungs = nice(min(ends), max(ends))
    costs = [math.log10(max(one["cost"], 1e-3)) for one in runners]
    low, high = min(costs) - 0.05, max(costs) + 0.05

    def up(value: float) -> str:
        return _up((scale * value - rungs[0]) / (rungs[-1] - rungs[0]))

    inner, joined = "", []
    for one, cost in zip(runners, costs, strict=True):
        x, y, found = place(cost, low, high), up(one["figure"]["value"]), one["figure"]
        best = one["name"] in front
        if found["low"] is not None:
            inner += _line(x, up(found["low"]), x, up(found["high"]), f"w {'a' if best else 'b'}")
        title = f"<title>{_escaped(one['name'])}: {scale * found['value']:.4g}, {one['cost']:.3g} ms</title>"
        inner += f'<circle class="{"a" if best else "b"}" cx="{x}" cy="{y}" r="{5 if best else 3.5}">{title}</circle>'
        joined += [(cost, x, y)] if best else []
    joined.sort()
    inner += "".join(_line(one[1], one[2], two[1], two[2], "base") for one, two in pairwise(joined))
    ticks = [(rung - rungs[0]) / (rungs[-1] - rungs[0]) for rung in rungs]
    up_axis = [(share, f"{rung:g}") for share, rung in zip(ticks, rungs, strict=True)]
    along = [((math.log10(value) - low) / (high - low), f"{value:g}") for value in _round(10**low, 10**high)]
    told = "; ".join(f"{one['name']}: {scale * one['figure']['value']:.4g} at {one['cost']:.3g} ms" for one in runners)
    words = drawn('x="14%" y="14" class="t"', "figure", percent) + drawn(CORNER, "ms a picture")
    return _chart(f"Figure by cost. {told}", _frame(up_axis, along, TOP, HEIGHT, FOOT) + words, inner)


def history(trials: Sequence[dict[str, Any]], percent: bool = True) -> str:
    """Every finished trial's worth as a dot, given up ones pale, and the best so far as a line; "" for less than two.

    trials: {"number", "state", "value", "folds"} each. Worth is the figure, or its negative where less is better.
    """
    scale = 100 if percent else 1
    known = [(one["number"], scale * worth, one["state"]) for one in trials if (worth := _worth(one)) is not None]
    done = [(number, worth) for number, worth, state in known if state == "complete"]
    if len(done) < 2:
        return ""
    rungs = nice(min(worth for _, worth, _ in known), max(worth for _, worth, _ in known))
    last = max(number for number, _, _ in known) or 1

    def at(number: int, worth: float) -> tuple[str, str]:
        return place(number, 0, last), _up((worth - rungs[0]) / (rungs[-1] - rungs[0]))

    inner, steps, best = "", [], -math.inf
    for number, worth in done:
        best = max(best, worth)
        steps.append(at(number, best))
    inner += "".join(_line(one[0], one[1], two[0], two[1], "w a") for one, two in pairwise(steps))
    for number, worth, state in known:
        x, y = at(number, worth)
        inner += f'<circle class="{"a" if state == "complete" else "dim"}" cx="{x}" cy="{y}" r="4"/>'
    up_axis = [((rung - rungs[0]) / (rungs[-1] - rungs[0]), f"{rung:g}") for rung in rungs]
    step = max(1, math.ceil(last / 8))
    along = [(number / last, f"{number}") for number in range(0, last + 1, step)]
    words = drawn('x="14%" y="14" class="t"', "figure", percent) + drawn(CORNER, "trial")
    return _chart(f"Figure by trial, best {best:.4g}.", _frame(up_axis, along, TOP, HEIGHT, FOOT) + words, inner)


def bar(share: float) -> str:
    """A share as a bar, for a table's cell."""
    drawn = f'<rect class="a" width="{place(share)}" y="4" height="14"/>'
    return f'<svg class="c" height="22" aria-hidden="true">{drawn}</svg>'


def _worth(trial: dict[str, Any]) -> "float | None":
    """A trial's value; where it was given up, what it was then."""
    if trial["state"] == "complete":
        return trial["value"]
    return next(iter(trial["folds"].values()), None) if trial["state"] == "pruned" else None


def _chart(said: str, frame: str, inner: str) -> str:
    label = _escaped(said)
    return (
        f'<svg class="chart" height="360" role="img" aria-label="{label}">{frame}'
        f'<svg x="12%" y="{TOP}" width="86%" height="{HEIGHT}" class="open">{inner}</svg></svg>'
    )


def _escaped(text: str) -> str:
    from html import escape

    return escape(text, quote=True)


def _round(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between low and high; the ends' middle where there is none."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [k * 10.0**power for power in powers for k in (1, 2, 5) if low <= k * 10.0**power <= high]
    return found or [float(f"{math.sqrt(low * high):.2g}")]
