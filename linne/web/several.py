"""The report of a run with several labels a picture: as one HTML file, as text, and as its card."""

from collections import Counter
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from ..core.images import SPLITS
from ..core.recipe import Recipe
from ..core.several import Several
from ..engine.figures import headline
from ..engine.figures import text as figure_text
from ..engine.figures_several import label_row, table
from ..engine.first import Result
from .about import dropped, model, settings, versions
from .found import finding
from .gather import FINDINGS, FORMAT
from .page import page as plain_page
from .plainly import plainly, short
from .thumbs import thumbs

WRONG, PAIRS, LABELS = 24, 20, 200
"""At most so many mistakes, pairs of labels and labels on the page."""


def gather(result: Result, recipe: Recipe, command: str, *, reads: int = 1) -> dict[str, Any]:
    """Everything that the page, its text and the card show; JSON-ready, kept as report.json."""
    data = result.data
    judged = result.predictions["test" if "test" in result.predictions else "train"]
    wrong = mistakes(judged) if isinstance(judged, Several) else []
    made = thumbs(data.images.items, [one["row"] for one in wrong])
    return plainly({
        "format": FORMAT,
        "several": True,
        "name": PurePath(data.images.came_from or "pictures").name or "pictures",
        "source": data.images.came_from,
        "command": command,
        "headline": headline(result.figures),
        "how": result.how,
        "leak": result.leak,
        "reads": reads if "test" in result.predictions else 0,
        "figures": result.figures | {"per_label": result.figures["per_label"][:LABELS]},
        "mistakes": [one | {"jpeg": ""} | made.get(one["row"], {}) for one in wrong],
        "findings": [finding(one) for one in result.findings[:FINDINGS]],
        "severities": dict(Counter(one.severity for one in result.findings)),
        "dropped": dropped(data),
        "pictures": {},
        "splits": {part: int(((data.images.split == part) & data.kept).sum()) for part in SPLITS},
        "model": model(result),
        "tuned": any(rung != "probe" for rung in _rungs(result)),
        "recipe": settings(recipe),
        "changed": list(recipe.changed()),
        "versions": versions(),
    })  # fmt: skip


def _rungs(result: Result) -> list[str]:
    """How it learned, and each of its folds."""
    found = result.figures
    return [found.get("rung", "probe"), *(one["rung"] for one in found.get("folds", []))]


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
        chance = f"{judged.probabilities[row, label]:.1%}"
        line = f"{'has' if missed else 'has no'} {judged.classes[label]}: {chance}"
        out.append({"row": int(judged.rows[row]), "name": short(str(judged.names[row])), "lines": [line]})
    return out


def render(data: dict[str, Any], lang: str = "en") -> str:
    """The page as one HTML text; `lang`, en or zh, is shown first."""
    found = data["figures"]
    names = {name: figure["warning"] for name, figure in found["figures"].items()}
    figures = [[name.replace("_", " "), figure_text(found["figures"][name]), why] for name, why in names.items()]
    parts = ("average_precision", "f1", "precision", "recall")
    labels = [list(label_row(row, parts)) for row in found["per_label"]]
    columns = ["label", "has it", "known", "threshold", "average precision", "F1", "precision", "recall"]
    told = [[one["kind"], one["severity"], one["why"], one["fix"]] for one in data["findings"]]
    lead = [f"{data['headline']}.", found["baseline"]["sentence"], f"Judged by {data['how']}.", *_notes(data)]
    folds = [[str(one["fold"]), str(one["n"]), figure_text(one), one["rung"]] for one in found.get("folds", [])]
    parted = [{"title": "Folds", "columns": ["fold", "pictures", found["metric"].replace("_", " "), "kept"],
               "rows": folds}] if folds else []  # fmt: skip
    return plain_page(
        "report", data["name"], [line for line in lead if line],
        [
            {"title": "Figures", "columns": ["figure", "value", "warning"], "rows": figures},
            {"title": "Labels", "columns": columns, "rows": labels},
            *parted,
            {"title": "Labels together", "columns": ["labels", "have both", "said to have both"], "rows": pairs(found)},
            {"title": "Mistakes", "pictures": data["mistakes"]},
            {"title": "Findings", "columns": ["finding", "severity", "why", "fix"], "rows": told},
        ],
        lang, command=data["command"],
    )  # fmt: skip


def pairs(found: dict[str, Any]) -> list[list[str]]:
    """The pairs of labels that are together most often, or are said to be."""
    has, said = (np.array(found["cooccurrence"][name]) for name in ("labels", "said"))
    both = np.triu(np.maximum(has, said), 1)
    order = np.argsort(-both, axis=None, kind="stable")[:PAIRS]
    places = [np.unravel_index(one, both.shape) for one in order]
    names = found["classes"]
    return [[f"{names[a]} + {names[b]}", str(has[a, b]), str(said[a, b])] for a, b in places if both[a, b]]


def _notes(data: dict[str, Any]) -> list[str]:
    found, reads = data["figures"], data["reads"]
    times = "once" if reads == 1 else f"{reads} times"
    return [
        f"The test pictures were read {times}." if reads else "There is no test set.",
        f"{found['not_known']:.1%} of the answers are not known and count nowhere." if found["not_known"] else "",
        f"{found['unreadable']:,} judged pictures could not be read; their labels count as missed."
        if found["unreadable"] else "",
        data["leak"],
        *data["model"]["notes"],
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
