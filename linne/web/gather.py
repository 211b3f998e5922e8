"""What a run's page shows, as one JSON-ready dict: figures, mistakes, findings, the data, how it was made, thumbnails.

Everything is capped here, so that the page stays below 3 MB whatever the number of classes, findings or pictures; what
is left out is counted. Text from outside (names, classes, reasons) is made printable.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePath
from typing import Any

import numpy as np

from ..core.lookup import names
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..engine.analyse import analyse
from ..engine.data import Data
from ..engine.figures import headline
from ..engine.first import Result
from ..engine.judges import judges
from .about import CLASSES, dropped, model, overview, settings, versions
from .branched import capped
from .found import finding
from .plainly import plainly, short
from .reasons import MISTAKES, letters, reasons
from .spared import Spared
from .thumbs import ROOM, thumbs

FORMAT = 1
ERRORS, FINDINGS, MATRIX = 24, 60, 30
"""At most so many mistakes, findings, and classes of the confusion matrix."""
SHOWN = {"confused": (8, 4), "weak": (8, 8)}
"""At most so many pairs or slices, and pictures of each."""
UNSEEN: dict[str, Any] = {"errors": [], "confused": [], "weak": [], "tested": 0}
"""What stands for an analysis that failed."""


def gather(result: Result, recipe: Recipe, command: str, *, reads: int = 1) -> dict[str, Any]:
    """Everything that the page, its text and the card show of a run; JSON-ready, kept as report.json.

    command: what makes the run again. reads: how many times the test pictures were read. Pictures are decoded anew
    here, those alone that are shown; "pictures" maps a row (as text) to its name, label, split and thumbnail. "lost":
    the parts that failed, and why; the rest is there.
    """
    data, judged, spared = result.data, judges(result), Spared()
    look = partial(analyse, judged, features=data.features, facts=data.facts, seed=recipe.seed, most=ERRORS)
    analysis = spared("mistakes and weak slices", lambda: shown(look()), shown(UNSEEN))
    findings = [finding(one) for one in result.findings[:FINDINGS]]
    wrong = [one["row"] for one in analysis["errors"][:MISTAKES]]
    folded = bool(recipe.folds and not recipe.fit_all)
    why = spared("why it said so", lambda: reasons(result, wrong, folded), {})
    near = [row for one in why.get("rows", {}).values() for row in one.get("near", ())]
    rows = list(dict.fromkeys([*wanted(analysis, findings), *near]))
    made = spared("thumbnails", lambda: thumbs(data.images.items, rows, ROOM - letters(why)), {})
    return plainly({
        **common(result, recipe, command, reads),
        "figures": figures(result.figures),
        "histogram": histogram(judged),
        "analysis": analysis,
        "reasons": why,
        "findings": findings,
        "pictures": pictures(data, rows, judged, made),
        "lost": spared.lost,
    })  # fmt: skip


def common(result: Result, recipe: Recipe, command: str, reads: int) -> dict[str, Any]:
    """What the report says of a run whether its pictures have one label each or several."""
    return {
        "format": FORMAT,
        "name": named(result.data.images.came_from),
        "source": result.data.images.came_from,
        "command": command,
        "headline": headline(result.figures),
        "how": result.how,
        "leak": result.leak,
        "reads": reads if "test" in result.predictions else 0,
        "checked": recipe.check != "none",
        "findings_more": max(0, len(result.findings) - FINDINGS),
        "severities": dict(Counter(one.severity for one in result.findings)),
        "dropped": dropped(result.data),
        "overview": overview(result.data),
        "model": model(result),
        "recipe": settings(recipe),
        "changed": list(recipe.changed()),
        "versions": versions(),
    }


def named(source: str) -> str:
    """What the page is called: the file or folder that the pictures came from, of a source with options its first."""
    kind, _, options = source.partition("(")
    if options.endswith(")") and kind in names("source"):
        source = options[:-1].partition(",")[0].strip("\"' ")
    return PurePath(source).name or "pictures"


def shown(analysis: dict[str, Any]) -> dict[str, Any]:
    """The analysis with as many pairs, slices and rows as the page has room for."""
    out = dict(analysis)
    for part, (most, rows) in SHOWN.items():
        out[f"{part}_more"] = max(0, len(analysis[part]) - most)
        out[part] = [one | {"rows": one["rows"][:rows]} for one in analysis[part][:most]]
    return out


def wanted(analysis: dict[str, Any], findings: list[dict[str, Any]]) -> Iterator[int]:
    """Rows that are shown, most important first: what the room for thumbnails does not hold is at the end."""
    yield from (one["row"] for one in analysis["errors"])
    for severity in ("high", "medium", "low"):
        yield from (row for one in findings if one["severity"] == severity for row in one["rows"])
    for part in ("confused", "weak"):
        yield from (row for one in analysis[part] for row in one["rows"])


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """The run's figures; the CLASSES weakest classes, weakest first; the MATRIX most mistaken of the confusion."""
    out = {name: value for name, value in found.items() if name not in ("per_class", "confusion", "classes")}
    order = sorted(found["per_class"], key=weakness)
    matrix, classes = np.asarray(found["confusion"]), found["classes"]
    seen = mistaken(matrix)
    out |= {"tree": capped(found["tree"])} if "tree" in found else {}
    return out | {
        "per_class": order[:CLASSES],
        "classes": [short(name) for name in classes],
        "confusion": {
            "classes": [classes[k] for k in seen],
            "counts": matrix[np.ix_(seen, seen)].tolist(),
            "totals": matrix.sum(1)[seen].tolist(),
        },
    }


def mistaken(matrix: np.ndarray, most: int = MATRIX) -> np.ndarray:
    """The classes of the most confused pairs, in their stored order; all of them where they are no more than `most`."""
    if len(matrix) <= most:
        return np.arange(len(matrix))
    pairs = np.triu(matrix + matrix.T, 1)
    order = np.argsort(-pairs, axis=None, kind="stable")[: most * most]
    classes = np.stack(np.unravel_index(order, pairs.shape), axis=1).ravel()
    return np.sort(list(dict.fromkeys(classes.tolist()))[:most])


def weakness(row: dict[str, Any]) -> list[float]:
    """Lowest recall first, of equal ones the lowest precision; what is not known counts as 2, and so as last."""
    values = (row[part]["value"] for part in ("recall", "precision"))
    return [2.0 if value is None or not np.isfinite(value) else value for value in values]


def histogram(judged: Predictions, bins: int = 20) -> dict[str, list[int]]:
    """How many judged pictures are how sure, right and wrong ones apart, in equal bins of confidence from 0 to 1."""
    known = judged.read & (judged.labels >= 0)
    sure = judged.probabilities[known].max(axis=1) if known.any() else np.zeros(0)
    right = judged.right[known]
    return {
        name: np.histogram(sure[held], bins, (0, 1))[0].tolist() for name, held in (("right", right), ("wrong", ~right))
    }


def pictures(data: Data, rows: Sequence[int], judged: Predictions, made: dict[int, Any]) -> dict[str, dict[str, Any]]:
    """Name, label, split and guess (where it was judged) of each row, and its thumbnail, "" where none was made."""
    images = data.images
    classes = [*images.classes, ""]
    guesses = dict(zip(judged.rows.tolist(), judged.guesses.tolist(), strict=True))
    out = {}
    for row in rows:
        told = {"name": short(str(images.names[row])), "label": classes[images.labels[row]], "split": images.split[row]}
        out[str(row)] = told | {"guess": classes[guesses.get(row, -1)], "jpeg": ""} | made.get(row, {})
    return out
