"""shortcuts: what a classifier could learn without looking: how files were saved, borders, 8x8 colours (Geirhos 2020).

Each of these alone feeds a small ridge model, cross-validated by groups, and is held against always naming the largest
class and against the classifier itself. The same models on shuffled labels must fall to chance, or the procedure leaks.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding, Severity
from linne.core.images import Images
from linne.core.intervals import Interval, clusters, quantile, wilson
from linne.core.predictions import Predictions

from ._linear import FOLDS, bins, folds, one_hot, scores, standard
from ._robust import area, steps
from ._rows import learnable, some
from ._words import listed

PSEUDO, SMOOTH = 10.0, 100.0
"""Strengths: of one-hot bins (as ten more pictures a bin), and of standardised colours."""
FEWEST = 50
SURE = 0.999
"""Level at which shuffled labels must not be told, so that chance alone raises no alarm."""
CONTENT = ("file size", "bytes a pixel")
"""Facts that also depend on what is shown (a plain wall needs few bytes): alone they are never of high severity."""
WHY_NOT = "Ask whether pictures in use will be told apart by this too; if not, the figures will not hold there."
BESIDE: tuple[tuple[str, str, Severity, str], ...] = (
    ("time taken", "time shortcut", "medium", "when pictures were taken"),
    ("border colour", "border shortcut", "medium", "the colour of the border"),
    ("8x8 thumbnail", "thumbnail shortcut", "low", "64 blurred dots of colour"),
)


@dataclass(frozen=True, eq=False)
class Case:
    """The pictures that are looked at. rows, labels, group, groups (as numbers), fold: each (n,)."""

    rows: np.ndarray
    labels: np.ndarray
    group: np.ndarray
    groups: np.ndarray
    fold: np.ndarray
    classes: tuple[str, ...]
    base: Interval
    main: Interval | None

    def told(self, x: np.ndarray, strength: float, only: int | None = None) -> "Told":
        """How well inputs (n, d) tell the classes (areas of one class only), out of fold."""
        found = scores(x, self.labels, self.fold, len(self.classes), strength)
        areas, errors, marked = np.full((3, len(self.classes)), np.nan)
        usable = np.flatnonzero(np.bincount(self.labels, minlength=len(self.classes)) >= 2 * FOLDS)
        for label in usable if only is None else (only,):
            areas[label], errors[label] = area(steps(found[:, label]), self.labels == label, self.groups)
            marked[label] = _marked(found[:, label], self.labels == label)
        lowest = areas - quantile(1 - 0.1 / max(len(usable), 1)) * errors
        return Told(wilson(found.argmax(1) == self.labels, self.group), areas, lowest, marked)


@dataclass(frozen=True, eq=False)
class Told:
    """accuracy: out of fold. areas: (K,) ROC area of each class against the rest; lowest: (K,) their lower bounds for
    all classes at once (Bonferroni, 95 %). marked: (K,) share of the class that is found with 95 % precision. NaN
    where a class has too few pictures."""

    accuracy: Interval
    areas: np.ndarray
    lowest: np.ndarray
    marked: np.ndarray

    def held(self, area: float, marked: float) -> np.ndarray:
        """Classes whose area exceeds `area` for certain, or of which more than `marked` is found surely."""
        return np.flatnonzero((self.lowest > area) | (self.marked > marked))


def shortcuts(
    images: Images,
    facts: Facts,
    predictions: Predictions | None,
    rng: np.random.Generator,
    *,
    high: float = 0.9,
    medium: float = 0.8,
    most: int = 20_000,
) -> list[Finding]:
    """Findings "metadata shortcut" (high or medium), "time shortcut", "border shortcut" (medium), "thumbnail shortcut",
    "shortcut baselines" (low; details["table"]), and "leak in the procedure" (high).

    high, medium: ROC area (0.5 to 1) that the lower bound of a class must exceed. Metadata count as well when they find
    over half (high) or a fifth (medium) of a class with 95 % precision, and are high when they alone reach half of what
    the classifier gains over naming the largest class. most: pictures used, drawn by group. [] with fewer than 50
    usable pictures or two classes.
    """
    case = _case(images, facts, predictions, most, rng)
    if case is None:
        return []
    models = _models(facts.take(case.rows))
    told = {name: case.told(x, strength) for name, (x, strength) in models.items()}
    shuffled = rng.permutation(case.labels)
    chance = {}
    for name, (x, strength) in models.items():
        guesses = scores(x, shuffled, case.fold, len(case.classes), strength).argmax(1)
        chance[name] = wilson(guesses == shuffled, case.group, SURE)
    return [
        *_procedure(case, chance),
        *_metadata(case, facts, told["metadata"], high, medium),
        *_beside(case, told, high),
        _table(case, told, chance),
    ]


def _case(
    images: Images, facts: Facts, predictions: Predictions | None, most: int, rng: np.random.Generator
) -> Case | None:
    rows = learnable(images, facts, predictions)
    rows = some(rows, clusters(images.group[rows], len(rows)), most, rng)
    labels, group = images.labels[rows], images.group[rows]
    if len(rows) < FEWEST or (np.bincount(labels) >= 2 * FOLDS).sum() < 2:
        return None
    groups = clusters(group, len(rows))
    base, main = wilson(labels == np.bincount(labels).argmax(), group), None
    if predictions is not None:
        held = np.isin(predictions.rows, rows)
        main = wilson(predictions.right[held], predictions.group[held])
    return Case(rows, labels, group, groups, folds(labels, groups, rng), images.classes, base, main)


def encodings(facts: Facts) -> dict[str, np.ndarray]:
    """What is known of a file without its pixels, each (n, b) 0/1; facts that do not vary are left out."""
    wide, high, size = (facts[name].astype(float) for name in ("width", "height", "bytes"))
    found = {
        "width": bins(wide),
        "height": bins(high),
        "aspect": bins(wide / high),
        "file size": bins(size),
        "bytes a pixel": bins(size / (wide * high)),
        "JPEG quality": bins(facts["quality"].astype(float)),
        "format": one_hot(facts["format"]),
        "mode": one_hot(facts["mode"]),
        "EXIF orientation": one_hot(facts["orientation"]),
        "camera": one_hot(facts["camera"]),
    }
    return {name: x for name, x in found.items() if x.shape[1]}


def _models(facts: Facts) -> dict[str, tuple[np.ndarray, float]]:
    """name: (inputs (n, d), strength); "metadata" and "8x8 thumbnail" always, the others where they vary."""
    n = len(facts)
    border = [bins(facts["border"][:, place].astype(float)) for place in range(3)]
    beside = {"time taken": bins(facts["taken"]), "border colour": np.concatenate(border, axis=1)}
    metadata = np.concatenate([np.zeros((n, 1), np.float32), *encodings(facts).values()], axis=1)
    return {
        "metadata": (metadata, PSEUDO),
        **{name: (x, PSEUDO) for name, x in beside.items() if x.shape[1]},
        "8x8 thumbnail": (standard(np.asarray(facts.small).reshape(n, -1)), SMOOTH),
    }


def _marked(score: np.ndarray, positive: np.ndarray, precision: float = 0.95) -> float:
    """The largest share of the positives found at this precision; 0 when that is fewer than ten of them."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(positive[order])
    precise = hits >= precision * np.arange(1, len(hits) + 1)
    best = hits[precise].max(initial=0)
    return float(best / positive.sum()) if best >= 10 else 0.0


def _procedure(case: Case, chance: dict[str, Interval]) -> list[Finding]:
    leaks = [f"{name} {found.text()}" for name, found in chance.items() if found.low > case.base.value]
    if not leaks:
        return []
    why = f"Shuffled labels are told better than by chance ({100 * case.base.value:.1f} %): {'; '.join(leaks)}."
    fix = "Report this: cross-validation sees its own answers, and no figure of this run can be trusted."
    return [Finding((), "leak in the procedure", "high", why, fix)]


def _metadata(case: Case, facts: Facts, told: Told, high: float, medium: float) -> list[Finding]:
    held = told.held(medium, 0.2)
    if not len(held) and _explains(case, told):
        held = np.array([int(np.nanargmax(told.areas))])
    if not len(held):
        return []
    known = encodings(facts.take(case.rows))
    saved = [x for name, x in known.items() if name not in CONTENT]
    strict = case.told(np.concatenate(saved, axis=1), PSEUDO) if saved else None
    severe = strict is not None and (len(strict.held(high, 0.5)) > 0 or _explains(case, strict))
    worst = held[np.argmax(told.areas[held])]
    alone = {name: case.told(x, PSEUDO, worst).areas for name, x in known.items()}
    by = sorted(alone, key=lambda name: -alone[name][worst])
    marks = ", ".join(f"{name} ({alone[name][worst]:.2f})" for name in by[:3])
    why = f"How files were saved, without a look at them, tells {_of(case, held)} from the rest: {marks} (ROC area). "
    fix = "Save pictures of all classes in the same way (size, format, quality, camera), or collect them alike. "
    details = _details(case, told, held) | {"by": {name: round(float(alone[name][worst]), 4) for name in by}}
    return [
        Finding(
            tuple(case.rows[np.isin(case.labels, held)].tolist()),
            "metadata shortcut",
            "high" if severe else "medium",
            why + _beside_what(case, told),
            fix + WHY_NOT,
            details=details,
        )
    ]


def _explains(case: Case, told: Told) -> bool:
    """Whether this alone reaches half of what the classifier gains over naming the largest class."""
    gain = 0.0 if case.main is None else case.main.value - case.base.value
    return gain > 0 and told.accuracy.low - case.base.value > gain / 2


def _beside(case: Case, told: dict[str, Told], high: float) -> list[Finding]:
    found = []
    for name, kind, severity, words in BESIDE:
        held = np.flatnonzero(told[name].lowest > high) if name in told else np.zeros(0, int)
        if len(held):
            areas = f"ROC area {np.nanmax(told[name].areas):.2f}"
            why = f"{words[0].upper()}{words[1:]} alone tells {_of(case, held)} from the rest ({areas}). "
            rows = tuple(case.rows[np.isin(case.labels, held)].tolist())
            why += _beside_what(case, told[name])
            found.append(Finding(rows, kind, severity, why, WHY_NOT, details=_details(case, told[name], held)))
    return found


def _of(case: Case, labels: np.ndarray) -> str:
    return listed([case.classes[label] for label in labels])


def _beside_what(case: Case, told: Told) -> str:
    main = "" if case.main is None else f", the classifier {case.main.text()}"
    return f"Right {told.accuracy.text()}; naming the largest class {100 * case.base.value:.1f} %{main}."


def _details(case: Case, told: Told, held: np.ndarray) -> dict[str, Any]:
    columns = {"area": told.areas, "low": told.lowest, "marked": told.marked}
    areas = [{name: round(float(column[k]), 4) for name, column in columns.items()} for k in held]
    return {"classes": [case.classes[k] for k in held], "areas": areas, "accuracy": told.accuracy.as_dict()}


def _table(case: Case, told: dict[str, Told], chance: dict[str, Interval]) -> Finding:
    table = [{"model": "largest class"} | case.base.as_dict()]
    table += [{"model": name} | one.accuracy.as_dict() for name, one in told.items()]
    table += [{"model": f"{name}, shuffled labels"} | one.as_dict() for name, one in chance.items()]
    table += [] if case.main is None else [{"model": "classifier"} | case.main.as_dict()]
    shown = "; ".join(f"{name} {one.accuracy.text()}" for name, one in told.items())
    why = f"Without looking at what is shown: largest class {case.base.text()}; {shown}"
    why += "." if case.main is None else f"; the classifier {case.main.text()}."
    return Finding((), "shortcut baselines", "low", why, "Nothing to do.", details={"table": table})
