"""A comparison of runs as text for a terminal and as a page with their curves laid over one another."""

from typing import Any

from ..engine.figures import align
from ..engine.figures import text as shown
from . import charts
from .page import page as plain_page
from .say import num, percent, size

ROWS = 30
"""Classes that the text shows: those that are told apart, then those whose figures differ most."""

GAIN = "{run} gains, points of {figure}"


def text(found: dict[str, Any]) -> str:
    """The verdicts, then the figures, the table and the classes."""
    lines = [*verdicts(found), "", *align([tuple(row) for row in [overview_columns(found), *overview(found)]])]
    for pair in found["pairs"]:
        lines += ["", f"{pair['second']} beside {pair['first']}: {agreement(pair)}"]
        rows = classes(pair)
        if rows:
            what = f"{pair['second']} gains, points of {found.get('each', 'recall')}"
            lines += align([("class", "n", pair["first"], pair["second"], what, ""), *rows[:ROWS]])
            lines += [f"... {len(rows) - ROWS:,} more classes: --json"] if len(rows) > ROWS else []
    return "\n".join([*lines, "", *(f"note: {note}" for note in found["notes"])])


def page(found: dict[str, Any], lang: str = "en") -> str:
    """One HTML file. Raises OptionError for a language that is not there."""
    runs, about = found["runs"], found["about"]
    surest = [[(100 * p["coverage"], p["accuracy"]) for p in line] for line in found["coverage"]]
    losses = [[(p["epoch"], p["loss"]) for p in one["curve"]] for one in about]
    times = [[(p["seconds"], p["value"]) for p in one["times"] if p["kept"]] for one in about]
    metric = found["metric"].replace("_", " ")
    parts: list[dict[str, Any]] = [
        {"title": "The runs", "columns": overview_columns(found), "rows": overview(found)},
        {"title": "Accuracy of the surest", "legend": runs,
         "notes": ["The surest pictures first: how right a run is on that share of them."],
         "chart": charts.lines(surest, ("accuracy", "share of the pictures, the surest first (%)"))},
        {"title": "How they learned", "legend": runs,
         "chart": charts.lines(losses, ("loss", "epochs"), percent=False)},
        {"title": "What time brought", "legend": runs,
         "notes": ["The first classifier, judged out of fold, and each kept rung at its gain over the one below."],
         "chart": charts.lines(times, (metric, "seconds"), logarithmic=True, percent=found["figures"][0]["percent"])},
    ]  # fmt: skip
    for pair in found["pairs"]:
        names, counts = [pair["first"], pair["second"]], [num(count) for count in pair["table"].values()]
        gains = (GAIN, {"run": pair["second"], "figure": found.get("each", "recall")})
        columns = ["class", "pictures", *names, gains, ""]
        of = " / ".join(names)
        parts.append({"title": "Class by class", "of": of, "columns": columns, "rows": classes(pair)})
        parts.append({"title": "Who was right", "of": of, "columns": ["both", *names, "nobody"], "rows": [counts]})
    told = verdicts(found)
    return plain_page("comparison", " / ".join(runs), told + found["notes"], parts, lang, len(told), found["command"])


def verdicts(found: dict[str, Any]) -> list[str]:
    """A sentence a pair, and of several how they were corrected."""
    told = [pair["verdict"] for pair in found["pairs"]]
    return told + ([f"{len(told)} comparisons, corrected for their number (Holm)"] if len(told) > 1 else [])


def overview_columns(found: dict[str, Any]) -> list[str]:
    """Heads of `overview`."""
    return ["run", found["metric"].replace("_", " "), "kept rung", "seconds", "model size", "settings"]


def overview(found: dict[str, Any]) -> list[list[str]]:
    """A row a run: its figure with interval, rung, seconds, size and settings."""
    rows = []
    for name, figure, about in zip(found["runs"], found["figures"], found["about"], strict=True):
        settings = ", ".join(f"{key}={value}" for key, value in about["changed"].items()) or "-"
        rows.append([name, shown(figure), about["rung"], f"{about['seconds']:,.0f}", size(about["bytes"]), settings])
    return rows


def agreement(pair: dict[str, Any]) -> str:
    """Who was right on how many pictures."""
    counts = pair["table"]
    return (
        f"both right on {counts['both']:,}, only {pair['first']} on {counts['only_first']:,}, "
        f"only {pair['second']} on {counts['only_second']:,}, none on {counts['none']:,}"
    )


def classes(pair: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row a class: pictures, both recalls, the gain with its interval, and whether it is told apart."""
    rows = sorted(pair["classes"], key=lambda row: (not row["told"], -abs(row["value"])))
    told = {False: "", True: "better"}
    return [
        (row["class"], num(row["n"]), percent(row["first"]), percent(row["second"]), gain(row),
         told[row["told"]] if row["value"] > 0 else told[row["told"]].replace("better", "worse"))
        for row in rows
    ]  # fmt: skip


def gain(row: dict[str, Any]) -> str:
    """'+1.4 [-0.3, 3.1]' in points."""
    if row["low"] is None or row["high"] is None:
        return f"{100 * row['value']:+.1f}"
    return f"{100 * row['value']:+.1f} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
