"""Charts as inline SVG: sideways in percent, upwards in pixels, so that text keeps its size on every screen.

Colours are CSS classes of the page: a (blue) and b (orange) differ in hue, lightness and mark, and so also in print and
to colour-blind eyes. A chart that stands in a table's cell is drawn for the eye alone; the cells beside it say it.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from .words import drawn

AXES = ((0.9, 5), (0.8, 4), (0.6, 4), (0.5, 5), (0.0, 4))
"""Where an axis of shares may begin, and into how many parts it is then divided."""
CORNER = 'x="98%" y="354" text-anchor="end" class="t"'
"""Where the words of the lower axis stand."""

LINES = ("a", "b", "v", "x")
"""CSS classes of laid-over curves, in order; a fifth looks like the first."""


def place(value: "float | None", low: float = 0.0, high: float = 1.0) -> str:
    """A value's place between low and high as SVG's percent; outside goes to the end, None to the low one."""
    share = 0.0 if value is None or not math.isfinite(value) else (value - low) / ((high - low) or 1.0)
    return f"{100 * min(max(share, 0.0), 1.0):.4g}%"


def axis(figures: Sequence[dict[str, Any]], *others: float) -> tuple[float, int]:
    """(where the axis begins, its parts) for figures that are shares, and other shares that must be on it."""
    ends = [figure["low"] for figure in figures if figure["low"] is not None]
    least = min([*ends, *(figure["value"] for figure in figures if figure["value"] is not None), *others], default=0.0)
    return next(pair for pair in AXES if pair[0] <= max(least, 0.0))


def ticks(begin: float = 0.0, parts: int = 4) -> str:
    """The axis' numbers in percent, for the head of a column of `interval` or `pair`."""
    out = []
    for k in range(parts + 1):
        anchor = "start" if k == 0 else "end" if k == parts else "middle"
        shown = f"{100 * (begin + (1 - begin) * k / parts):g}{'' if k else ' %'}"
        out.append(f'<text x="{100 * k / parts:g}%" y="12" text-anchor="{anchor}">{shown}</text>')
    return f'<svg class="c ticks" height="16" aria-hidden="true">{"".join(out)}</svg>'


def interval(figure: dict[str, Any], begin: float = 0.0, parts: int = 4, mark: float | None = None) -> str:
    """A figure as a dot on its interval's line; `mark` is a dashed line across (what no skill would reach)."""
    dashed = "" if mark is None else _line(place(mark, begin), 0, place(mark, begin), 24, "base")
    return f'<svg class="c g{parts}" height="24" aria-hidden="true">{dashed}{_whisker(figure, 12, "a", begin)}</svg>'


def pair(recall: dict[str, Any], precision: dict[str, Any], begin: float = 0.0, parts: int = 4) -> str:
    """Recall (blue dot) above precision (orange square), each on its interval's line."""
    body = _whisker(recall, 9, "a", begin) + _whisker(precision, 21, "b", begin)
    return f'<svg class="c g{parts}" height="30" aria-hidden="true">{body}</svg>'


def gain(one: dict[str, Any], reach: float) -> str:
    """A difference as a dot on its interval's line, between -reach and reach, with a dashed line where there is none.

    one: "low", "value", "high", shares, and perhaps a "verdict": what hurts is orange.
    """
    low, value, high = (place(one[end], -reach, reach) for end in ("low", "value", "high"))
    kind = "b" if one.get("verdict") == "hurts" else "a"
    return (
        f'<svg class="c g4" height="24" aria-hidden="true">{_line("50%", 0, "50%", 24, "base")}'
        f'{_line(low, 12, high, 12, f"w {kind}")}<circle class="{kind}" cx="{value}" cy="12" r="4.5"/></svg>'
    )


def reach(ends: Sequence["float | None"]) -> float:
    """How far an axis for gains with these ends reaches, to a round number of points, one at least."""
    return nice(0.0, max([1.0, *(100 * abs(end) for end in ends if end is not None)]))[-1] / 100


def scale(reach: float, unit: float = 100) -> str:
    """The axis' numbers, in points or as multiples of another unit, for the head of a column of `gain`."""
    ends = ((0, "start"), (25, "middle"), (50, "middle"), (75, "middle"), (100, "end"))
    said = {x: f"{unit * reach * (x / 50 - 1):+.3g}" if x != 50 else "0" for x, _ in ends}
    words = (f'<text x="{x}%" y="12" text-anchor="{anchor}">{said[x]}</text>' for x, anchor in ends)
    return f'<svg class="c ticks" height="16" aria-hidden="true">{"".join(words)}</svg>'


def stack(parts: Sequence[tuple[str, int]], most: int) -> str:
    """Bars one after the other, (CSS class, count) each; `most` fills the width."""
    out, at = [], 0
    for name, count in parts:
        if count:
            out.append(
                f'<rect class="{name}" x="{place(at, 0, most)}" width="{place(count, 0, most)}" y="4" height="14"/>'
            )
        at += count
    return f'<svg class="c" height="22" aria-hidden="true">{"".join(out)}</svg>'


def reliability(
    bars: Sequence[dict[str, Any]], histogram: dict[str, list[int]], axes: tuple[str, str] = ("accuracy", "confidence")
) -> str:
    """Accuracy over confidence with intervals, the diagonal, and under it how many pictures are how sure.

    bars: as engine.figures gives them. histogram: "right" and "wrong", counts in equal bins of confidence from 0 to 1.
    axes: what both are called.
    """
    dots = []
    for bar in bars:
        x = place(bar["confidence"])
        dots.append(_line(x, _up(bar["low"]), x, _up(bar["high"]), "w a"))
        dots.append(f'<circle class="a" cx="{x}" cy="{_up(bar["accuracy"])}" r="4.5"/>')
    said = "; ".join(f"{_percent(bar['confidence'])} sure: {_percent(bar['accuracy'])} right" for bar in bars)
    inner = _line("0%", "100%", "100%", "0%", "base") + "".join(dots)
    words = drawn('x="14%" y="14" class="t"', axes[0], True)
    words += drawn('x="98%" y="352" text-anchor="end" class="t"', axes[1], True)
    frame = _frame([(k / 4, f"{25 * k}") for k in range(5)], [(k / 4, f"{25 * k}") for k in range(5)], 22, 220, 334)
    return (
        f'<svg class="chart" height="360" role="img" aria-label="Reliability. {said}">{frame}{words}'
        f'<svg x="12%" y="22" width="86%" height="220" class="open">{inner}</svg>{_histogram(histogram)}</svg>'
    )


def path(points: Sequence[dict[str, Any]], chosen: float, percent: bool = True) -> str:
    """The objective over the penalty, from strong to weak, the chosen one ringed; "" where nothing is known.

    points: {"strength", "figure"} each. percent: the figure is a share.
    """
    known = [point for point in points if point["figure"] is not None]
    if not known:
        return ""
    values = [point["figure"] * (100 if percent else 1) for point in known]
    rungs = nice(min(values), max(values))
    span = rungs[-1] - rungs[0]
    at = [-math.log10(point["strength"]) for point in known]
    along = [(x - at[0]) / (at[-1] - at[0]) if len(at) > 1 else 0.5 for x in at]
    xs, ys = [place(x) for x in along], [_up((value - rungs[0]) / span) for value in values]
    best = min(range(len(known)), key=lambda k: abs(math.log(known[k]["strength"] / chosen)))
    inner = _line(xs[best], "0%", xs[best], "100%", "base")
    inner += f'<circle class="ring" cx="{xs[best]}" cy="{ys[best]}" r="8"/>'
    inner += "".join(_line(*ends, "w a") for ends in zip(xs, ys, xs[1:], ys[1:], strict=False))
    inner += "".join(f'<circle class="a" cx="{x}" cy="{y}" r="4"/>' for x, y in zip(xs, ys, strict=True))
    numbers = [(x, f"{point['strength']:.2g}") for x, point in zip(along, known, strict=True)]
    frame = _frame(
        [((value - rungs[0]) / span, f"{value:g}") for value in rungs], numbers[:: len(numbers) // 7 + 1], 22, 290, 330
    )
    said = "; ".join(f"{point['strength']:g}: {value:.4g}" for point, value in zip(known, values, strict=True))
    words = drawn(CORNER, "penalty, from strong to weak")
    return (
        f'<svg class="chart" height="360" role="img" aria-label="Figure by penalty. {said}">{frame}{words}'
        f'<svg x="12%" y="22" width="86%" height="290" class="open">{inner}</svg></svg>'
    )


def search(found: dict[str, Any]) -> str:
    """A range test: each step's loss as a dot and their running mean as a line over the rate, the suggestion ringed.

    found: "rates", "losses" and "smoothed" of equal length, and "rate", one of the rates.
    """
    rates, heights = found["rates"], [*found["losses"], *found["smoothed"]]
    cap = 1.5 * max(found["smoothed"])  # single losses far above the curve would flatten it
    rungs = nice(min(heights), min(max(heights), cap))
    ends = math.log10(rates[0]), math.log10(rates[-1])
    along = [(math.log10(rate) - ends[0]) / (ends[1] - ends[0]) for rate in rates]

    def up(loss: float) -> str:
        return _up((loss - rungs[0]) / (rungs[-1] - rungs[0]))

    xs, mean = [place(x) for x in along], [up(loss) for loss in found["smoothed"]]
    at = min(range(len(rates)), key=lambda k: abs(math.log(rates[k] / found["rate"])))
    inner = _line(xs[at], "0%", xs[at], "100%", "base")
    single = zip(xs, map(up, found["losses"]), strict=True)
    inner += "".join(f'<circle class="dim" cx="{x}" cy="{y}" r="2"/>' for x, y in single)
    inner += "".join(_line(*pair, "w a") for pair in zip(xs, mean, xs[1:], mean[1:], strict=False))
    inner += f'<circle class="ring" cx="{xs[at]}" cy="{mean[at]}" r="8"/>'
    powers = range(math.ceil(ends[0]), math.floor(ends[1]) + 1)
    numbers = [((power - ends[0]) / (ends[1] - ends[0]), f"1e{power}") for power in powers]
    frame = _frame([((y - rungs[0]) / (rungs[-1] - rungs[0]), f"{y:g}") for y in rungs], numbers, 22, 290, 330)
    words = drawn('x="14%" y="14" class="t"', "loss") + drawn(CORNER, "rate")
    return (
        f'<svg class="chart" height="360" role="img" aria-label="Loss by rate; {found["rate"]:.3g} is suggested.">'
        f'{frame}{words}<svg x="12%" y="22" width="86%" height="290" class="open">{inner}</svg></svg>'
    )


def curve(points: Sequence[dict[str, float]]) -> str:
    """The loss of a training over its epochs; "" for less than two points. points: {"epoch", "loss"} each."""
    if len(points) < 2:
        return ""
    losses, epochs = [point["loss"] for point in points], [point["epoch"] for point in points]
    rungs, last = nice(min(losses), max(losses)), epochs[-1]
    xs = [place(epoch / last) for epoch in epochs]
    ys = [_up((loss - rungs[0]) / (rungs[-1] - rungs[0])) for loss in losses]
    inner = "".join(_line(*pair, "w a") for pair in zip(xs, ys, xs[1:], ys[1:], strict=False))
    inner += "".join(f'<circle class="a" cx="{x}" cy="{y}" r="3"/>' for x, y in zip(xs, ys, strict=True))
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if last / step <= 8 or step == 1000)
    numbers = [(k / last, f"{k:g}") for k in range(0, int(last) + 1, step)]
    frame = _frame([((y - rungs[0]) / (rungs[-1] - rungs[0]), f"{y:g}") for y in rungs], numbers, 22, 220, 260)
    words = drawn('x="14%" y="14" class="t"', "loss")
    words += drawn('x="98%" y="284" text-anchor="end" class="t"', "epochs")
    return (
        f'<svg class="chart" height="290" role="img" aria-label="Loss by epoch, {losses[0]:.3g} to {losses[-1]:.3g}.">'
        f'{frame}{words}<svg x="12%" y="22" width="86%" height="220" class="open">{inner}</svg></svg>'
    )


def lines(
    series: Sequence[Sequence[tuple[float, float]]],
    words: tuple[str, str],
    *,
    logarithmic: bool = False,
    percent: bool = True,
    band: Sequence[tuple[float, float, float]] = (),
) -> str:
    """Curves laid over one another, a colour each, through (x, y) points; "" where none has two points.

    words: what is drawn upwards and along. logarithmic: the lower axis, of positive numbers. percent: y is a share.
    band: (x, low, high) from left to right, filled.
    """
    if not any(len(points) > 1 for points in series):
        return ""
    scale = 100 if percent else 1
    flat = [*(point for points in series for point in points), *((x, y) for x, *ends in band for y in ends)]
    rungs = nice(min(scale * y for _, y in flat), max(scale * y for _, y in flat))
    share, numbers = along([x for x, _ in flat], logarithmic)

    def at(x: float, y: float) -> tuple[str, str]:
        return place(share(x)), _up((scale * y - rungs[0]) / (rungs[-1] - rungs[0]))

    inner = ""
    for number, points in enumerate(series):
        name, places = LINES[number % len(LINES)], [at(*point) for point in points]
        inner += "".join(_line(*one, *other, f"w {name}") for one, other in pairwise(places))
        inner += "".join(f'<circle class="{name}" cx="{x}" cy="{y}" r="3"/>' for x, y in places)
    edge = [at(x, low) for x, low, _ in band] + [at(x, high) for x, _, high in reversed(band)]
    corners = " ".join(f"{x},{y}" for x, y in edge).replace("%", "")
    area = f'<svg viewBox="0 0 100 100" preserveAspectRatio="none"><polygon class="band" points="{corners}"/></svg>'
    frame = _frame([((y - rungs[0]) / (rungs[-1] - rungs[0]), f"{y:g}") for y in rungs], numbers, 22, 260, 300)
    said = drawn('x="14%" y="14" class="t"', words[0], percent)
    said += drawn('x="98%" y="322" text-anchor="end" class="t"', words[1])
    return (
        f'<svg class="chart" height="330" role="img" aria-label="{words[0]} / {words[1]}">{frame}{said}'
        f'<svg x="12%" y="22" width="86%" height="260" class="open">{area if edge else ""}{inner}</svg></svg>'
    )


def along(xs: Sequence[float], logarithmic: bool) -> tuple[Callable[[float], float], list[tuple[float, str]]]:
    """A lower axis for these values: a value's share of the way, and round numbers at theirs."""
    low, high = min(xs), max(xs)
    marks = nice(low, high)
    if logarithmic:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        marks = [k * 10.0**power for power in powers for k in (1, 2, 5) if low <= k * 10.0**power <= high]
    else:
        low, high = marks[0], marks[-1]
    ends = (math.log(low), math.log(high)) if logarithmic else (low, high)

    def share(x: float) -> float:
        return ((math.log(x) if logarithmic else x) - ends[0]) / ((ends[1] - ends[0]) or 1.0)

    return share, [(share(mark), f"{mark:,g}") for mark in marks]


def nice(low: float, high: float) -> list[float]:
    """Three to seven round numbers that enclose low to high."""
    span = max(high - low, 1e-3 * max(abs(high), 1e-3))
    power = 10 ** math.floor(math.log10(span / 4))
    step = next(power * k for k in (1, 2, 5, 10) if span / (power * k) <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 10) for k in range(first, max(last, first + 1) + 1)]


def shade(count: int, total: int) -> int:
    """0 to 9: how strongly a cell of the confusion matrix is coloured, by its share of the row; 1 at least, if any."""
    return 0 if not count else max(1, min(9, round(9 * (count / max(total, 1)) ** 0.6)))


def _whisker(figure: dict[str, Any], y: float, name: str, begin: float = 0.0) -> str:
    if figure["value"] is None:
        return ""
    low, high, at = (place(figure[end], begin) for end in ("low", "high", "value"))
    line = "" if figure["low"] is None or figure["high"] is None else _line(low, y, high, y, f"w {name}")
    if name == "b":
        return f'{line}<svg x="{at}" y="{y}" class="open"><rect class="b" x="-4" y="-4" width="8" height="8"/></svg>'
    return f'{line}<circle class="{name}" cx="{at}" cy="{y}" r="4.5"/>'


def _histogram(histogram: dict[str, list[int]]) -> str:
    right, wrong = histogram["right"], histogram["wrong"]
    most = max([a + b for a, b in zip(right, wrong, strict=True)], default=0) or 1
    out = []
    for k, (good, bad) in enumerate(zip(right, wrong, strict=True)):
        x, width = f"{100 * (k + 0.08) / len(right):.4g}%", f"{84 / len(right):.4g}%"
        top = 60 * (good + bad) / most
        for name, y, height in (("b", 60 - top, 60 * bad / most), ("a", 60 - 60 * good / most, 60 * good / most)):
            if height:
                out.append(f'<rect class="{name}" x="{x}" width="{width}" y="{y:.1f}" height="{height:.1f}"/>')
    return f'<svg x="12%" y="256" width="86%" height="60">{"".join(out)}</svg>'


def _frame(up: list[tuple[float, str]], along: list[tuple[float, str]], top: int, height: int, foot: int) -> str:
    """Grid lines and numbers: (share of the way, text) of both axes."""
    out = []
    for share, text in up:
        y = top + height * (1 - share)
        out.append(_line("12%", f"{y:g}", "98%", f"{y:g}", "grid"))
        out.append(f'<text x="11%" y="{y + 4:g}" text-anchor="end">{text}</text>')
    for share, text in along:
        out.append(f'<text x="{12 + 86 * share:.4g}%" y="{foot}" text-anchor="middle">{text}</text>')
    return "".join(out)


def _line(x1: Any, y1: Any, x2: Any, y2: Any, name: str) -> str:
    return f'<line class="{name}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _up(share: "float | None") -> str:
    return place(None if share is None else 1 - share)


def _percent(share: "float | None") -> str:
    return "-" if share is None else f"{100 * share:.0f} %"
