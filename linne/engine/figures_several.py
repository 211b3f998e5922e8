"""Every figure of pictures with several labels with its interval, as one JSON-ready dict; a table of it."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..core.intervals import clusters, wilson
from ..core.lookup import find, names
from ..core.resample import bootstrap
from ..core.several import Several
from .figures import align, headline, intervals, spotless, text

SHOWN = ("average_precision", "macro_f1", "micro_f1", "exact_match", "hamming", "ranking_loss", "coverage_error")
EACH = 40
"""Labels whose average precision has an interval."""
DRAWS = 400
ROWS = 30
BINS = 10
"""Equal steps of probability of the diagram: most answers are near 0, and so would bars of equal mass be."""


def figures(said: Several, *, metric: str = SHOWN[0], level: float = 0.95, seed: int = 0) -> dict[str, Any]:
    """Their worth, JSON-ready, laid out as `engine.figures` does; "per_label" in the place of "per_class", and
    "cooccurrence": pictures that have both labels, and that are said to. Pictures of which no label is known are left
    out and counted; of an unreadable picture no label is found. Raises InputError where nothing is known."""
    held = said.take(np.flatnonzero(said.known.any(1)))
    if not len(held):
        raise InputError(f"no label of {len(said)} pictures is known, so there are no figures to give.")
    wanted = {name: name for name in dict.fromkeys((metric, *SHOWN)) if name == metric or name in names("metric")}
    shown = {name: spotless(one, held, level) for name, one in intervals(held, wanted, level, seed).items()}
    together = {"labels": False, "said": True}
    return {
        "metric": metric,
        "level": level,
        "n": len(held),
        "groups": int(clusters(held.group, len(held)).max()) + 1,
        "unlabelled": len(said) - len(held),
        "unreadable": int((~held.read).sum()),
        "not_known": float(1 - held.known.mean()),
        "classes": list(held.classes),
        "headline": shown[metric],
        "figures": shown,
        "per_label": per_label(held, level, seed),
        "reliability": reliability(held, level),
        "cooccurrence": {
            name: np.asarray(find("metric", "cooccurrence")(held, guessed=guessed)).astype(int).tolist()
            for name, guessed in together.items()
        },
        "baseline": {"sentence": _chance(held), "value": float(np.mean(_shares(held)))},
    }


def per_label(held: Several, level: float, seed: int) -> list[dict[str, Any]]:
    """A row a label: n have it, known, said to; threshold; precision, recall, F1 and average precision."""
    rows = []
    for number, name in enumerate(held.classes):
        known, has = held.known[:, number], held.targets[:, number] == 1
        said = held.guesses[:, number] & known
        hits, parts = has & said, {"precision": said, "recall": has, "f1": has | said}
        shares = {part: wilson(hits[own], held.group[own], level) for part, own in parts.items()}
        j = shares["f1"]
        ends = {end: 2 * x / (1 + x) for end, x in vars(j).items() if end in ("value", "low", "high")}
        shares["f1"] = replace(j, **ends)
        limit = held.thresholds if held.thresholds.ndim == 1 else np.median(held.thresholds, axis=0)
        at = float(limit[number]) if np.isfinite(limit[number]) else None
        counts = {
            "class": name,
            "n": int(has.sum()),
            "known": int(known.sum()),
            "said": int(said.sum()),
            "threshold": at,
        }
        told = {part: interval.as_dict() for part, interval in shares.items()}
        rows.append(counts | {"threshold": at} | told | {"average_precision": _area(held, number, level, seed)})
    return rows


def reliability(held: Several, level: float) -> list[dict[str, Any]]:
    """A bar a step of probability that has answers: n of them, their mean probability
    ("confidence"), the share that has the label ("accuracy") with its interval, in which a picture's answers hang
    together. All labels are one; what is not known and unreadable pictures are left out."""
    rows, labels = np.nonzero(held.known & held.read[:, None])
    sure, there = held.probabilities[rows, labels], held.targets[rows, labels] == 1
    place, code = np.minimum((sure * BINS).astype(int), BINS - 1), clusters(held.group, len(held))[rows]
    bars = []
    for number in np.unique(place):
        own = place == number
        hit = wilson(there[own], code[own], level)
        ends = {"accuracy": hit.value, "low": hit.low, "high": hit.high}
        bars.append({"n": int(own.sum()), "confidence": float(sure[own].mean())} | ends)
    return bars


def _area(held: Several, number: int, level: float, seed: int) -> dict[str, Any]:
    """Average precision of one label, with an interval where there are not too many labels."""
    rows = np.flatnonzero(held.known[:, number])
    limits = held.thresholds if held.thresholds.ndim == 1 else held.thresholds[rows]
    one = held.take(rows)
    column = slice(number, number + 1)
    one = replace(one, logits=one.logits[:, column], targets=one.targets[:, column],
                  thresholds=limits[..., column], classes=held.classes[column])  # fmt: skip
    trick = find("metric", "average_precision")
    if not (one.targets == 1).any():
        return {"value": None, "low": None, "high": None, "warning": "no picture has it"}
    draws = DRAWS if len(held.classes) <= EACH else 0
    found = bootstrap({"ap": partial(trick, one)}, one.group, len(one), level=level, resamples=draws, seed=seed,
                      bounds={"ap": (0, 1)})  # fmt: skip
    return spotless(found["ap"].as_dict(), one, level)


def _shares(held: Several) -> np.ndarray:
    """(K,) of the pictures where it is known, how many have the label."""
    return (held.targets == 1).sum(0) / np.maximum(held.known.sum(0), 1)


def _chance(held: Several) -> str:
    """What scores without any knowledge would reach."""
    return f"Scores drawn at random would have a mean average precision of about {100 * np.mean(_shares(held)):.1f} %."


def table(found: dict[str, Any]) -> str:
    """The figures and the labels as aligned plain text for a terminal; of many labels those with the lowest F1."""
    shown = [(name.replace("_", " "), text(figure), figure["warning"]) for name, figure in found["figures"].items()]
    rows, note = found["per_label"], []
    if len(rows) > ROWS:
        rows = sorted(rows, key=lambda row: 1 if row["f1"]["value"] is None else row["f1"]["value"])[:ROWS]
        note = [f"The {ROWS} lowest F1 of {len(found['per_label'])} labels:"]
    parts = ("average_precision", "f1", "precision", "recall")
    cells = [label_row(row, parts) for row in rows]
    head = ("label", "has it", "known", "threshold", "average precision", "F1", "precision", "recall")
    return "\n".join(
        [headline(found), found["baseline"]["sentence"], "", *align(shown), "", *note, *align([head, *cells])]
    )


def label_row(row: dict[str, Any], parts: "tuple[str, ...]") -> tuple[str, ...]:
    """A label's row of a table as text."""
    at = "never said" if row["threshold"] is None else f"{row['threshold']:.3f}"
    return (row["class"], str(row["n"]), str(row["known"]), at, *(text(row[part]) for part in parts))
