"""The page and the text of a search: the verdict and what it is worth, the race, the trials, what mattered."""

from pathlib import Path
from typing import Any

from ..core.recipe import Recipe
from ..engine.figures import text as said
from .home import dressed, environment
from .plainly import plainly

OPEN = ("epochs", "batch", "decay", "layer_decay", "warmup")
"""Settings whose default is a number that stands for the method's own."""
BEST = 10
"""Trials that the table shows."""


def render(data: dict[str, Any], lang: str = "en") -> str:
    """The page of what engine.search gave, as one HTML text that loads nothing; `lang`, en or zh, is shown first."""
    return environment(lang).get_template("searched.html.jinja").render(lang=lang, found=parts(data), **dressed("css"))


def parts(data: dict[str, Any]) -> dict[str, Any]:
    """What engine.search gave as its page's macros take it: best trials with worth and settings in words."""
    data = plainly(data)
    best = [one | {"worth": share(one["value"], data), "said": settings_said(one)} for one in best_trials(data)]
    changed = {name: [setting_said(name, one) for one in pair] for name, pair in data["settings"].items()}
    return data | {
        "settings": changed,
        "best_trials": best,
        "ranked": ranked(data["race"]["runners"]) if data["race"] else [],
    }


def text(data: dict[str, Any], path: "str | Path") -> str:
    """The same for a terminal; `path` is the search's folder."""
    data, verdict = plainly(data), data["verdict"]
    lines = [verdict["sentence"], verdict["figure_sentence"]]
    changed = [
        f"  {name} = {setting_said(name, new)}  (was {setting_said(name, old)})"
        for name, (old, new) in data["settings"].items()
    ]
    lines += ["", "settings that changed:", *changed] if changed else []
    if data["race"]:
        lines += ["", *_raced(data["race"])]
    if data["trials"]:
        lines += ["", *_tried(data)]
    page, recipe = Path(path) / "report.html", Path(path) / "recipe.toml"
    again = f"train by it: linne train {data['came_from'] or 'PICTURES'} --recipe {recipe}"
    return "\n".join([*lines, "", again, f"go on, or help: {data['command']}", f"the whole report: {page}"])


def _raced(race: dict[str, Any]) -> list[str]:
    """The race as a table, the best first; a star for the Pareto front."""
    width = max(len(row["name"]) for row in race["runners"])
    heads = f"{'figure':24} {'pictures':>8} {'ms':>6} {'M par.':>7}  beside the start (Holm)"
    lines = [f"  {'network, side, fit':{width}}  {heads}"]
    for row in ranked(race["runners"]):
        star = "*" if row["name"] in race["front"] else " "
        gain = f"{row['gain']['sentence']}, p {row['p']:.2g}" if row["gain"] else ""
        cells = f"{said(row['figure']):24} {row['n']:8,} {row['cost']:6.1f} {row['parameters'] / 1e6:7.1f}"
        lines.append(f"{star} {row['name']:{width}}  {cells}  {gain}".rstrip())
    told = (
        f"{race['winner']} comes first: {said(race['figure'])} on {race['confirm']:,} pictures that did not choose it"
    )
    return [*lines, "* on the Pareto front: none is both cheaper and better", told]


def _tried(data: dict[str, Any]) -> list[str]:
    counts = {state: sum(one["state"] == state for one in data["trials"]) for state in ("complete", "pruned", "fail")}
    lines = [f"{counts['complete']} trials finished, {counts['pruned']} given up early, {counts['fail']} failed"]
    for one in best_trials(data)[:5]:
        lines.append(f"  trial {one['number']}: {share(one['value'], data)}  {settings_said(one)}")
    if data["importances"]:
        told = ", ".join(f"{name} {100 * value:.0f} %" for name, value in data["importances"].items())
        lines.append(f"what mattered: {told}")
    return lines


def ranked(runners: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that ran on most pictures first, then by their figure."""
    sign = -1 if runners[0]["figure"].get("greater", True) else 1
    return sorted(runners, key=lambda one: (-one["n"], sign * one["figure"]["value"]))


def best_trials(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The finished trials, the best first."""
    done = [one for one in data["trials"] if one["state"] == "complete"]
    return sorted(done, key=lambda one: (-one["value"], one["number"]))[:BEST]


def settings_said(trial: dict[str, Any]) -> str:
    """A trial's settings in one line."""
    if trial["as_is"]:
        return {"start": "the start", "race": "the start with the race's winner"}[trial["as_is"]]
    pairs = trial["settings"].items()
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value or 'none'}" for name, value in pairs
    )


def setting_said(name: str, value: Any) -> str:
    """One setting; "auto" for the number that leaves it to the method."""
    if name in OPEN and value == getattr(Recipe(), name):
        return "auto"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def share(value: float, data: dict[str, Any]) -> str:
    """A trial's worth as the metric is said."""
    percent = data["verdict"]["figure"].get("percent", True)
    greater = data["verdict"]["figure"].get("greater", True)
    value = value if greater else -value
    return f"{100 * value:.2f} %" if percent else f"{value:.4f}"
