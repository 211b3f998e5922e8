"""What the report says of the rungs that a run tried: the first classifier's figure, and each later one's gain."""

from collections.abc import Sequence
from typing import Any

from . import charts
from .say import signed


def parts(figures: dict[str, Any], times: Sequence[dict[str, Any]] = ()) -> "dict[str, Any] | None":
    """{"first", "rows", "widest", "percent"}; None where nothing was tried after the first classifier.

    times: as engine.runs.times gives them: the seconds, and what the first classifier came to.
    """
    decisions, percent = figures.get("rungs") or [], bool(figures["headline"]["percent"])
    if not decisions:
        return None
    seconds = {one["rung"]: f"{one['seconds']:,.0f}" for one in times}
    ends = [one["gain"][end] for one in decisions for end in ("low", "high")]
    rows = [one | {"said": said(one["gain"], percent), "seconds": seconds.get(one["rung"], "")} for one in decisions]
    first = next((_first(one, percent, rows) for one in times if one["rung"] == decisions[0]["beside"]), None)
    return {"first": first, "rows": rows, "widest": charts.reach(ends), "percent": percent}


def _first(one: dict[str, Any], percent: bool, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the first classifier came to out of fold, and whether it stayed."""
    scale, digits = (100, 1) if percent else (1, 3)
    value, low, high = (
        "-" if one[end] is None else f"{scale * one[end]:.{digits}f}" for end in ("value", "low", "high")
    )
    text = f"{value}{' %' if percent else ''} [{low}, {high}]"
    return {"rung": one["rung"], "said": text, "seconds": f"{one['seconds']:,.0f}",
            "kept": not any(row["kept"] for row in rows)}  # fmt: skip


def said(gain: dict[str, Any], percent: bool) -> str:
    """'+1.4 [-0.3, +3.1]' in points, or as it is where the figure is no share."""
    tell = signed if percent else (lambda value: "-" if value is None else f"{value:+.3f}")
    if gain["low"] is None:
        return tell(gain["value"])
    return f"{tell(gain['value'])} [{tell(gain['low'])}, {tell(gain['high'])}]"
