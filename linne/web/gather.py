"""What a run's page shows, as one JSON-ready dict: figures, mistakes, findings, the data, how it was made, thumbnails.

Everything is capped here, so that the page stays below 3 MB whatever the number of classes, findings or pictures; what
is left out is counted. Text from outside (names, classes, reasons) is made printable.
"""

import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import PurePath
from typing import Any

import numpy as np

from .. import __version__
from ..core.files import plain
from ..core.finding import Finding
from ..core.images import SPLITS
from ..core.names import printable
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..engine.analyse import analyse
from ..engine.data import Data
from ..engine.figures import headline
from ..engine.first import Result
from .thumbs import thumbs

FORMAT = 1
PICTURES = 12
"""Shown of one finding; half as many of a confused pair or a weak slice."""
ERRORS, PAIRS, SLICES, FINDINGS, NAMES = 24, 8, 8, 60, 12
CLASSES, MATRIX = 200, 30
"""Rows of a table of classes, and of a confusion matrix."""
LONG, NAME = 1200, 80
"""Letters of a sentence and of a name; beyond that the middle is left out."""
LIMITS = dict.fromkeys(("class", "classes", "first", "second", "label", "guess", "name"), NAME) | {"command": 10_000}
LIBRARIES = ("numpy", "pillow", "simplejpeg", "openvino", "onnxruntime", "torch", "timm")


def gather(result: Result, recipe: Recipe, command: str, *, reads: int = 1) -> dict[str, Any]:
    """Everything that the page, its text and the card show of a run; JSON-ready, kept as report.json.

    command: what makes the run again. reads: how many times the test pictures were read. Pictures are decoded anew
    here, those alone that are shown; "pictures" maps a row (as text) to its name, label, split and thumbnail.
    """
    data, judged = result.data, judges(result)
    analysis = shown(analyse(judged, features=data.features, facts=data.facts, seed=recipe.seed, most=ERRORS))
    findings = [finding(one, data.images.names) for one in result.findings[:FINDINGS]]
    rows = list(dict.fromkeys(wanted(analysis, findings)))
    return plainly({
        "format": FORMAT,
        "name": PurePath(data.images.came_from or "pictures").name or "pictures",
        "source": data.images.came_from,
        "command": command,
        "headline": headline(result.figures),
        "how": result.how,
        "leak": result.leak,
        "reads": reads if "test" in result.predictions else 0,
        "figures": figures(result.figures),
        "histogram": histogram(judged),
        "analysis": analysis,
        "checked": recipe.check != "none",
        "findings": findings,
        "findings_more": max(0, len(result.findings) - FINDINGS),
        "severities": dict(Counter(one.severity for one in result.findings)),
        "dropped": dropped(data),
        "overview": overview(data),
        "model": model(result),
        "recipe": settings(recipe),
        "changed": list(recipe.changed()),
        "versions": versions(),
        "pictures": pictures(data, rows, judged),
    })  # fmt: skip


def judges(result: Result) -> Predictions:
    """What the headline is made of: test rows without a twin in an earlier part, or the out-of-fold predictions."""
    if "test" not in result.predictions:
        return result.predictions["train"]
    test, data = result.predictions["test"], result.data
    own = set(data.images.split[test.rows])
    before = SPLITS[: min((SPLITS.index(part) for part in own if part in SPLITS), default=0)]
    earlier = data.twins[np.isin(data.images.split, before) & data.kept]
    return test.take(np.flatnonzero(~np.isin(data.twins[test.rows], earlier)))


def shown(analysis: dict[str, Any]) -> dict[str, Any]:
    """The analysis with as many pairs, slices and rows as the page has room for."""
    out = dict(analysis)
    for part, most in (("confused", PAIRS), ("weak", SLICES)):
        out[f"{part}_more"] = max(0, len(analysis[part]) - most)
        out[part] = [one | {"rows": one["rows"][: PICTURES // 2]} for one in analysis[part][:most]]
    return out


def finding(found: Finding, names: np.ndarray) -> dict[str, Any]:
    """A finding with at most PICTURES rows: their groups, the class suggested for each, files, a small table."""
    out = {name: getattr(found, name) for name in ("kind", "severity", "why", "fix")}
    groups = groups_shown(found.details.get("groups"), found.rows)
    rows = [row for group in groups for row in group] or list(found.rows[:PICTURES])
    suggested = found.details.get("suggested")
    by_row = dict(zip(found.rows, suggested, strict=False)) if isinstance(suggested, (list, tuple)) else {}
    return out | {
        "n": len(found.rows),
        "rows": rows,
        "groups": groups,
        "groups_more": max(0, len(found.details.get("groups") or ()) - len(groups)) if groups else 0,
        "suggested": {str(row): str(by_row[row]) for row in rows if row in by_row},
        "files": [short(name) for name in found.files[:NAMES]],
        "files_more": max(0, int(found.details.get("total", len(found.files))) - NAMES),
        "table": table(found.details.get("table")),
    }


def groups_shown(groups: Any, rows: Sequence[int]) -> list[list[int]]:
    """Groups of rows, the finding's first rows' first, up to four of each group and PICTURES in all; else none."""
    known = set(rows)
    if not isinstance(groups, (list, tuple)) or not all(isinstance(group, (list, tuple)) for group in groups):
        return []
    out: list[list[int]] = []
    room = PICTURES
    for group in groups:
        part = [int(row) for row in group if int(row) in known][: min(4, room)]
        if len(part) > 1:
            out.append(part)
            room -= len(part)
        if room < 2:
            break
    return out


def table(rows: Any, most: int = 15) -> dict[str, Any] | None:
    """A small table of a finding's details: a list of dicts with the same plain columns; None for anything else."""
    if not isinstance(rows, (list, tuple)) or not rows or not all(isinstance(row, dict) for row in rows):
        return None
    columns = [name for name in rows[0] if not isinstance(rows[0][name], (dict, list, tuple))][:10]
    cells = [[cell(row.get(name)) for name in columns] for row in rows[:most]]
    return {"columns": columns, "rows": cells, "more": max(0, len(rows) - most)}


def cell(value: Any) -> str:
    """A value as a table shows it."""
    if isinstance(value, float):
        return f"{value:.4g}" if np.isfinite(value) else "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else short(str(value))


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
    wrong = matrix.sum(0) + matrix.sum(1) - 2 * np.diag(matrix)
    seen = np.sort(np.argsort(-wrong, kind="stable")[:MATRIX])
    return out | {
        "per_class": order[:CLASSES],
        "classes": [short(name) for name in classes],
        "confusion": {
            "classes": [classes[k] for k in seen],
            "counts": matrix[np.ix_(seen, seen)].tolist(),
            "totals": matrix.sum(1)[seen].tolist(),
        },
    }


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


def dropped(data: Data) -> list[dict[str, Any]]:
    """Why pictures neither learned nor judged: a reason, how many, the first names; most frequent first."""
    out = []
    for reason, n in Counter(data.why[data.why != ""].tolist()).most_common(NAMES):
        names = data.images.names[data.why == reason][:NAMES]
        out.append({"reason": reason, "n": n, "names": [short(name) for name in names]})
    return out


def overview(data: Data) -> dict[str, Any]:
    """Counts by class and split, sizes and formats of the files."""
    images, facts, kept = data.images, data.facts, data.kept
    split = np.where(kept, np.where(images.split == "", "train", images.split), "not used")
    parts = [*SPLITS, "not used"]
    counts = np.array([np.bincount(images.labels[(split == part) & (images.labels >= 0)], minlength=len(images.classes))
                       for part in parts])  # fmt: skip
    order = np.argsort(-counts.sum(0), kind="stable")[:CLASSES]
    read = facts.readable
    sizes = {
        name: np.quantile(facts[name][read], (0, 0.5, 1)).astype(int)
        for name in ("width", "height", "bytes")
        if read.any()
    }
    return {
        "pictures": len(images),
        "kept": int(kept.sum()),
        "classes": len(images.classes),
        "splits": {part: int((split == part).sum()) for part in parts},
        "counts": [{"class": images.classes[k]} | dict(zip(parts, counts[:, k].tolist(), strict=True)) for k in order],
        "sizes": sizes,
        "formats": dict(Counter(bytes(name).decode() for name in facts["format"][read]).most_common(8)),
        "twins": int((np.bincount(data.twins)[data.twins] > 1).sum()) if len(data.twins) else 0,
        "bytes": int(facts["bytes"].sum()),
    }


def model(result: Result) -> dict[str, Any]:
    """The network, what is done to a picture before it, the head and its calibration."""
    data, head = result.data, result.head
    network, geometry = data.network, data.geometry
    return {
        "network": network.name,
        "source": network.source,
        "licence": network.licence,
        "width": network.width,
        "mean": network.mean,
        "std": network.std,
        "geometry": asdict(geometry),
        "runtime": getattr(data, "ran", ""),
        "strength": head.strength,
        "temperature": head.temperature,
        "calibrated_on": head.calibrated_on,
        "notes": list(head.notes),
    }


def settings(recipe: Recipe) -> dict[str, Any]:
    """Every setting as plain text or number; a callable by its name."""
    values = {each.name: getattr(recipe, each.name) for each in fields(recipe)}
    values["augment"] = recipe.augment_text() or str(recipe.augment)
    return {name: getattr(value, "__name__", value) for name, value in values.items()}


def versions() -> dict[str, str]:
    """Of Linne, Python and the libraries that decide figures, as installed; nothing is imported for it."""
    from importlib.metadata import PackageNotFoundError, version

    out = {"linne": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out


def pictures(data: Data, rows: Sequence[int], judged: Predictions) -> dict[str, dict[str, Any]]:
    """Name, label, split and guess (where it was judged) of each row, and its thumbnail where there is room for it."""
    images, made = data.images, thumbs(data.images.items, rows)
    classes = [*images.classes, ""]
    guesses = dict(zip(judged.rows.tolist(), judged.guesses.tolist(), strict=True))
    out = {}
    for row in rows:
        told = {"name": short(str(images.names[row])), "label": classes[images.labels[row]], "split": images.split[row]}
        out[str(row)] = told | {"guess": classes[guesses.get(row, -1)]} | made.get(row, {})
    return out


def short(text: str, most: int = NAME) -> str:
    """A long text without its middle."""
    return text if len(text) <= most else f"{text[: most // 2 - 1]} … {text[-(most // 2 - 2) :]}"


def plainly(value: Any) -> Any:
    """JSON's own types, every text printable and of bounded length (thumbnails and the command excepted)."""
    return _printable(plain(value), "")


def _printable(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {_text(name): _printable(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_printable(item, key) for item in value]
    return _text(value, LIMITS.get(key, LONG)) if isinstance(value, str) and key != "jpeg" else value


def _text(text: str, most: int = LONG) -> str:
    return short("\n".join(printable(line) for line in text.split("\n")), most)
