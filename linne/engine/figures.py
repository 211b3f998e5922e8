"""Every figure of a set of predictions with its interval, as one JSON-ready dict; a table and a headline of it."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..core.errors import InputError, OptionError
from ..core.intervals import Interval, clusters, wilson
from ..core.lookup import declared, find, names
from ..core.predictions import Predictions
from ..core.resample import bootstrap
from ..core.several import Several
from ..core.spec import parse

SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "topk", "auc", "log_loss", "brier", "ece")
BINS = 10
"""Bars of the reliability diagram, of equal mass."""
ROWS = 30
"""Classes that the table shows."""


def figures(
    predictions: Predictions, *, metric: str = "accuracy", level: float = 0.95, seed: int = 0
) -> dict[str, Any]:
    """Their worth, JSON-ready; a figure is {value, low, high, n, method, warning, percent, greater, spec}.

    Rows without a label are left out and counted; unreadable pictures count as wrong. Raises InputError without any
    labelled row, OptionError for a metric that is not one number.
    """
    known = predictions.take(np.flatnonzero(predictions.labels >= 0))
    if not len(known):
        raise InputError(f"none of {len(predictions)} pictures has a label, so there are no figures to give.")
    shown = every(known, metric, level, seed)
    return {
        "metric": metric,
        "level": level,
        "n": len(known),
        "groups": int(clusters(known.group, len(known)).max()) + 1,
        "unlabelled": len(predictions) - len(known),
        "unreadable": int((~known.read).sum()),
        "classes": list(known.classes),
        "headline": shown[metric],
        "figures": shown,
        "per_class": per_class(known, level),
        "confusion": np.asarray(find("metric", "confusion")(known)).astype(int).tolist(),
        "reliability": reliability(known, level),
        "baseline": baseline(known),
        "resolution": resolves(known, level),
    }


def figure(predictions: Predictions, *, metric: str = "accuracy", level: float = 0.95, seed: int = 0) -> dict[str, Any]:
    """One figure alone with its interval, as `figures` gives it; raises what it raises."""
    known = predictions.take(np.flatnonzero(predictions.labelled))
    if not len(known):
        raise InputError(f"none of {len(predictions)} pictures has a label, so there are no figures to give.")
    found = intervals(known, {metric: metric}, level, seed)[metric]
    return spotless(found, known, level) if isinstance(known, Several) else found


def every(known: Predictions, metric: str, level: float, seed: int) -> dict[str, dict[str, Any]]:
    """The usual figures and `metric`, each with its interval, by name."""
    present = names("metric")
    wanted = {name: spec for name, spec in usual(known).items() if name in present}
    return intervals(known, wanted if metric in wanted else {metric: metric, **wanted}, level, seed)


def intervals(known: Predictions, wanted: dict[str, str], level: float, seed: int) -> dict[str, dict[str, Any]]:
    """Each of `wanted` (name: spec) by name, Wilson's where the metric says so; the others share their draws."""
    tricks = {name: find("metric", spec) for name, spec in wanted.items()}
    shares = {name for name, spec in wanted.items() if says(spec, "interval", "bootstrap") == "wilson"}
    found = {name: wilson(tricks[name](known, each=True), known.group, level) for name in shares}
    for ranks in (False, True):
        some = {name for name in wanted if name not in shares and says(wanted[name], "ranks", False) == ranks}
        measures = {name: measure(name, tricks[name], known) for name in wanted if name in some}
        bounds = {name: says(wanted[name], "bounds", (0, 1)) for name in some}
        cost = len(known.classes) if ranks else 1
        drawn = bootstrap(measures, known.group, len(known), level=level, seed=seed, bounds=bounds, cost=cost)
        found |= {name: perfect(one, bounds[name], known, level) for name, one in drawn.items()}
    return {name: found[name].as_dict() | {"spec": wanted[name]} | look(wanted[name]) for name in wanted}


def perfect(found: Interval, bounds: tuple[Any, Any], known: Predictions, level: float) -> Interval:
    """The interval of accuracy in place of none, where every guess is right and the figure at its greatest."""
    if found.method != "none" or found.value != bounds[1] or not known.right.all():
        return found
    own = wilson(known.right, known.group, level)
    return replace(found, low=own.low, high=1.0, method="wilson of accuracy", warning="no mistakes")


def spotless(found: dict[str, Any], held: Several, level: float) -> dict[str, Any]:
    """A figure at its best, which has no spread, with the interval of a share of pictures without a mistake."""
    best = 1.0 if found.get("greater", True) else 0.0
    if found["method"] != "none" or found["value"] != best or not len(held):
        return found
    least = wilson(np.ones(len(held), bool), held.group, level).low
    ends = {"low": least, "high": 1.0} if best else {"low": 0.0, "high": 1 - least}
    return found | ends | {"method": "wilson of pictures without a mistake", "warning": "no mistakes"}


def usual(known: Predictions) -> dict[str, str]:
    """Name to spec of the figures that are always given: top 5 of 10 or more classes, top 3 of 4 to 9; ECE debiased
    with a bin for 25 pictures, 3 to 10 of them (plain ECE read 0.15 for 0 on 40 pictures of a calibrated model)."""
    classes = len(known.classes)
    specs = {name: name for name in SHOWN}
    specs["ece"] = f"ece(bins={int(np.clip(len(known) // 25, 3, BINS))}, debiased=true)"
    if classes >= 4:
        specs["topk"] = f"topk({5 if classes >= 10 else 3})"
    else:
        del specs["topk"]
    return specs


def measure(name: str, trick: Callable[..., Any], known: Predictions) -> Callable[..., Any]:
    """The metric as a figure of row weights. Raises OptionError when it is not one number."""
    value = trick(known)
    if np.ndim(value):
        raise OptionError(f"metric {name!r} gives {np.shape(value)} numbers, and a headline is one. Try 'macro_f1'.")
    return partial(trick, known)


def says(spec: str, constant: str, default: Any) -> Any:
    """A literal that the metric of this spec declares in its file."""
    return declared("metric", parse(spec)[0].name, constant, default)


def look(spec: str) -> dict[str, bool]:
    """How to read the figure: as percent or as it is, and whether more is better."""
    return {"percent": says(spec, "percent", True), "greater": says(spec, "greater", True)}


def per_class(known: Predictions, level: float) -> list[dict[str, Any]]:
    """A row a class: n, guessed, precision, recall, f1, each with its Wilson interval.

    F1 is 2J / (1 + J) of J, the share of hits among pictures of the class or guessed so: J's ends give F1's.
    """
    rows = []
    for number, name in enumerate(known.classes):
        own, named = known.labels == number, known.guesses == number
        parts = {"precision": named, "recall": own, "f1": own | named}
        shares = {part: wilson(known.right[held], known.group[held], level) for part, held in parts.items()}
        j = shares["f1"]
        shares["f1"] = replace(
            j, **{end: 2 * x / (1 + x) for end, x in vars(j).items() if end in ("value", "low", "high")}
        )
        counts = {"class": name, "n": int(own.sum()), "guessed": int(named.sum())}
        rows.append(counts | {part: interval.as_dict() for part, interval in shares.items()})
    return rows


def reliability(known: Predictions, level: float) -> list[dict[str, Any]]:
    """Bars of equal mass: n, mean confidence, accuracy with its interval; unreadable pictures are left out."""
    read = known.take(np.flatnonzero(known.read))
    sure = read.probabilities.max(axis=1)
    bars = []
    for place in np.array_split(np.argsort(sure, kind="stable"), min(BINS, len(read))) if len(read) else []:
        hit = wilson(read.right[place], read.group[place], level)
        ends = {"accuracy": hit.value, "low": hit.low, "high": hit.high}
        bars.append({"n": len(place), "confidence": float(sure[place].mean())} | ends)
    return bars


def baseline(known: Predictions) -> dict[str, Any]:
    """What always naming the most frequent class would reach here."""
    counts = np.bincount(known.labels, minlength=len(known.classes))
    return {"class": known.classes[int(counts.argmax())], "value": float(counts.max() / len(known))}


def resolves(known: Predictions, level: float) -> dict[str, Any]:
    """How small a difference this many pictures can show: points (0 to 100), and a sentence."""
    hit = wilson(known.right, known.group, level)
    points = 50 * (hit.high - hit.low)
    return {"points": points, "sentence": f"This test set can only resolve ±{points:.1f} points of accuracy."}


def text(figure: dict[str, Any]) -> str:
    """'93.5 % [91.0, 95.6]' of one figure; '-' where it is not known."""
    if figure["value"] is None:
        return "-"
    ends = (np.nan if figure[end] is None else figure[end] for end in ("value", "low", "high"))
    return Interval(*ends, n=0, method="").text(percent=figure.get("percent", True))


def headline(found: dict[str, Any]) -> str:
    """'accuracy 93.5 % [91.0, 95.6] on 372 test pictures'."""
    name = str(found["metric"]).replace("_", " ")
    warning, who = found["headline"]["warning"], found.get("who", "test pictures")
    return f"{name} {text(found['headline'])} on {found['n']} {who}" + (f" ({warning})" if warning else "")


def table(found: dict[str, Any]) -> str:
    """The figures and the classes as aligned plain text for a terminal; of many classes those with the lowest F1."""
    shown = [(_called(name, figure), text(figure), figure["warning"]) for name, figure in found["figures"].items()]
    base = found["baseline"]
    shown.append((f"always {base['class']!r}", f"{100 * base['value']:.1f} %", ""))
    rows, note = found["per_class"], []
    if len(rows) > ROWS:
        rows = sorted(rows, key=lambda row: 1 if row["f1"]["value"] is None else row["f1"]["value"])[:ROWS]
        note = [f"The {ROWS} lowest F1 of {len(found['per_class'])} classes:"]
    parts = ("precision", "recall", "f1")
    folds = [(f"fold {row['fold'] + 1}", text(row), "") for row in found.get("folds", [])]
    cells = [(row["class"], str(row["n"]), *(text(row[part]) for part in parts)) for row in rows]
    above = [headline(found), found["resolution"]["sentence"], "", *align(shown + folds), "", *note]
    return "\n".join([*above, *align([("class", "n", *parts), *cells])])


def _called(name: str, figure: dict[str, Any]) -> str:
    """A figure's name for a terminal: of the share of right classes among the k likeliest 'top k'."""
    spec = parse(figure.get("spec") or name)[0]
    return f"top {spec.args[0]}" if name == "topk" and spec.args else name.replace("_", " ")


def align(rows: "list[tuple[str, ...]]") -> list[str]:
    """Columns padded to their widest cell, two blanks apart."""
    widths = [max(wide(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (w - wide(cell)) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def wide(cell: str) -> int:
    """Columns of a terminal that the text takes: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in cell)
