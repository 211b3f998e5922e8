"""The report of a run with several labels a picture: as one HTML file, as text, and as its card."""

from pathlib import Path
from typing import Any

import numpy as np

from ..core.images import Images
from ..core.recipe import Recipe
from ..core.several import Several
from ..engine.figures_several import label_row, table
from ..engine.first import Result
from . import charts
from .found import finding
from .gather import FINDINGS, common, mistaken
from .home import dressed, environment
from .plainly import plainly, short
from .reasons import MISTAKES, letters, reasons
from .report import frame
from .spared import Spared
from .thumbs import ROOM, thumbs

WRONG, LABELS = 24, 200
"""At most so many mistakes and labels on the page."""


def gather(result: Result, recipe: Recipe, command: str, *, reads: int = 1) -> dict[str, Any]:
    """Everything that the page, its text and the card show; JSON-ready, kept as report.json."""
    data, spared = result.data, Spared()
    judged = result.predictions["test" if "test" in result.predictions else "train"]
    wrong = mistakes(judged) if isinstance(judged, Several) else []
    findings = [finding(one) for one in result.findings[:FINDINGS]]
    explained = wrong[:MISTAKES]
    asked, wanted = ([one[part] for one in explained] for part in ("row", "at"))
    why = spared("why it said so", lambda: reasons(result, asked, bool(recipe.folds), wanted), {})
    near = (row for one in why.get("rows", {}).values() for row in one.get("near", ()))
    found = (row for one in findings for row in one["rows"])
    rows = list(dict.fromkeys([*(one["row"] for one in wrong), *near, *found]))
    thumbnails = spared("thumbnails", lambda: thumbs(data.images.items, rows, ROOM - letters(why)), {})
    return plainly({
        **common(result, recipe, command, reads),
        "several": True,
        "figures": result.figures | {"per_label": _lowest(result.figures["per_label"])},
        "histogram": histogram(judged) if isinstance(judged, Several) else {},
        "mistakes": wrong,
        "reasons": why,
        "findings": findings,
        "tuned": any(rung != "probe" for rung in _rungs(result)),
        "pictures": _pictures(data.images, rows, thumbnails),
        "lost": spared.lost,
    })  # fmt: skip


def _pictures(images: Images, rows: list[int], made: dict[int, Any]) -> dict[str, dict[str, Any]]:
    """Name, labels, split and thumbnail of each row, "" where none was made."""
    has = images.targets == 1
    out = {}
    for row in rows:
        label = ", ".join(images.classes[k] for k in np.flatnonzero(has[row]))
        told = {"name": short(str(images.names[row])), "label": short(label), "split": images.split[row], "jpeg": ""}
        out[str(row)] = told | made.get(row, {})
    return out


def _lowest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The LABELS labels of the lowest average precision, lowest first; what is not known counts as last."""
    area = [one["average_precision"]["value"] for one in rows]
    order = sorted(range(len(rows)), key=lambda at: 2.0 if area[at] is None else area[at])
    return [rows[at] for at in order[:LABELS]]


def _rungs(result: Result) -> list[str]:
    """How it learned, and each of its folds."""
    found = result.figures
    return [found.get("rung", "probe"), *(one["rung"] for one in found.get("folds", []))]


def histogram(judged: Several, bins: int = 20) -> dict[str, list[int]]:
    """How many known answers are how probable, in equal bins from 0 to 1: "right" of those where the label is there."""
    held = judged.known & judged.read[:, None]
    chance, there = judged.probabilities[held], judged.targets[held] == 1
    return {name: np.histogram(chance[own], bins, (0, 1))[0].tolist() for name, own in
            (("right", there), ("wrong", ~there))}  # fmt: skip


def mistakes(judged: Several) -> list[dict[str, Any]]:
    """The answers that are most surely wrong, one a picture: a label that is missed, or said and not there."""
    cost = np.where(judged.targets == 1, -judged.logits, judged.logits)
    wrong = judged.known & (judged.guesses != (judged.targets == 1)) & judged.read[:, None]
    cost = np.where(wrong, cost, -np.inf)
    order = [row for row in np.argsort(-cost.max(1), kind="stable")[:WRONG] if wrong[row].any()]
    out = []
    for row in order:
        label = int(cost[row].argmax())
        missed = bool(judged.targets[row, label] == 1)
        chance = float(judged.probabilities[row, label])
        out.append({"row": int(judged.rows[row]), "label": short(judged.classes[label]), "at": label, "missed": missed,
                    "chance": chance})  # fmt: skip
    return out


def render(data: dict[str, Any], lang: str = "en") -> str:
    """The page as one HTML text; `lang`, en or zh, is shown first."""
    page, data = environment(lang).get_template("several.html.jinja"), plainly(data)
    rows = data["figures"]["per_label"]
    own = {
        "rows": rows,
        "reach": charts.axis([row[part] for row in rows for part in ("recall", "precision")]),
        "beside": together(data["figures"]),
        "reasons": data.get("reasons", {}),
        "histogram": data.get("histogram", {}),
    }
    return page.render(data | frame(data) | own, lang=lang, **dressed("css"), **dressed("js"))


def together(found: dict[str, Any]) -> dict[str, Any]:
    """Names and counts of the MATRIX labels that are together, or are said to be, most often."""
    counts = {name: np.array(found["cooccurrence"][name]) for name in ("labels", "said")}
    seen = mistaken(np.maximum(counts["labels"], counts["said"]))
    names = [found["classes"][k] for k in seen]
    return {"names": names} | {name: one[np.ix_(seen, seen)].tolist() for name, one in counts.items()}


def _notes(data: dict[str, Any]) -> list[str]:
    found, reads = data["figures"], data["reads"]
    times = "once" if reads == 1 else f"{reads} times"
    return [
        f"The test pictures were read {times}." if reads else "There is no test set.",
        f"{found['not_known']:.1%} of the answers are not known and count nowhere." if found["not_known"] else "",
        f"{found['unreadable']:,} judged pictures could not be read; their labels count as missed."
        if found["unreadable"] else "",
        data["leak"],
        found["overlay"]["sentence"] if "overlay" in found else "",
        *data["model"]["notes"],
        *(f"the page lacks {one}" for one in data.get("lost", ())),
        *(one["sentence"] for one in data.get("verdicts", ())),
    ]  # fmt: skip


def text(data: dict[str, Any], page: "str | Path" = "report.html") -> str:
    """The same for a terminal."""
    lines = [table(data["figures"]), "", f"judged by {data['how']}", *(line for line in _notes(data) if line)]
    left = [f"{one['n']:,} {one['reason']} ({', '.join(one['names'][:3])})" for one in data["dropped"]]
    lines += [f"left out: {'; '.join(left)}"] if left else []
    for one in data["findings"]:
        lines += [f"{one['severity']:6}  {one['kind']}: {one['why']}", f"        -> {one['fix']}"]
    return "\n".join([*lines, "", f"the whole report: {page}"])


def card(data: dict[str, Any]) -> str:
    """Markdown: what it is, on which data, who judged, how to use it."""
    from .card import block, escaped, front

    found = data["figures"]
    rows = [f"| {escaped(row[0])} | {' | '.join(row[1:])} |" for row in
            (label_row(one, ("average_precision", "f1")) for one in found["per_label"])]  # fmt: skip
    how = "tuned" if data["tuned"] else "as it was trained"
    head = "| label | has it | known | threshold | average precision | F1 |\n|---|---|---|---|---|---|"
    name = escaped(data["name"])
    return "\n".join([
        "---", front(data), "---", "", f"# {name}", "",
        f"Says which of {len(found['classes'])} labels a picture has, each by itself: {escaped(data['headline'])}.", "",
        f"Network: {escaped(data['model']['network'])}, {how}; a logistic head a label.", "",
        f"Judged by {escaped(data['how'])}.", "",
        head, *rows, "", "Made by:", "", block(data["command"]), "",
    ])  # fmt: skip
