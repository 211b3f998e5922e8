"""Why a run made its surest mistakes: where the network looked for what it said and what was right, and the learning
pictures that are nearest. What cannot be had without torch is left out where torch is not loaded."""

import sys
from typing import Any

import numpy as np

from ..core.errors import LinneError
from ..engine.explain import Explainer, squares
from ..engine.first import Result
from ..engine.infer import Model
from ..engine.log import Log
from .heat import heated

MISTAKES, NEAR = 12, 3
"""Mistakes that are explained, the surest ones, and the nearest learning pictures that are shown of each."""
MEAN = "The answers are the mean of several classifiers, which no one map explains."
LEARNED = "The maps are of the classifier that is kept; the one that judged a picture had not learned it."
WORDS = 5000
"""Letters of a mistake's names and classes, each as long as they may be."""


def reasons(result: Result, rows: list[int], folded: bool = False, wrong: "list[int] | None" = None) -> dict[str, Any]:
    """{"how", "note", "rows": {row: {"guess", "label" (JPEGs), "near" ([row]), "like" ([cosine])}}} of mistakes' rows.

    wrong: of several labels, the one of each row that was missed or wrongly said; its map is "label", there is no
    "guess". JSON-ready; {} where nothing can be told, and without heat where the network gives no maps here, or the
    answers are the mean of classifiers (folded).
    """
    data = result.data
    model = Model(result.network or data.network, data.geometry, result.head.weight, result.head.bias,
                  tuple(data.images.classes), result.head.temperature, result.head.learner)  # fmt: skip
    if not rows:
        return {}
    found: dict[str, Any] = {"how": "", "note": "", "rows": {str(row): {} for row in rows}}
    _near(result, rows, found)
    if folded:
        found["note"] = MEAN
        return found
    try:
        _heat(result, model, sides(result, rows) if wrong is None else {"label": np.array(wrong)}, found)
    except (LinneError, RuntimeError, ValueError) as error:
        found["note"] = str(error).splitlines()[0]
    if found["how"] and "test" not in result.predictions:
        found["note"] = f"{found['note']} {LEARNED}".strip()
    return found


def letters(found: dict[str, Any]) -> int:
    """How many letters of a page it takes: of its heatmaps and at most of the words around them."""
    rows = found.get("rows", {})
    sides = (one[side] for one in rows.values() for side in ("guess", "label") if side in one)
    return sum(len(side["jpeg"]) for side in sides) + WORDS * len(rows)


def _near(result: Result, rows: list[int], found: dict[str, Any]) -> None:
    """The nearest learning pictures in features of the network as it came."""
    data = result.data
    learn = result.learn[np.isfinite(data.features[result.learn]).all(axis=1)]
    asked = np.array([row for row in rows if np.isfinite(data.features[row]).all()], np.int64)
    if not len(learn) or not len(asked):
        return
    pixels = np.zeros((len(asked), 1, 1, 3), np.uint8)
    model: Any = Model(data.network, data.geometry, result.head.weight, result.head.bias, (), 1.0)
    explain = Explainer(model, f"neighbours({NEAR + 1})", Log(quiet=True), known=data.features[learn])
    near, like = explain(pixels, np.zeros(len(asked), np.int64), data.features[asked]).found
    for row, places, cosines in zip(asked.tolist(), near, like, strict=True):
        pairs = [(int(learn[place]), float(one)) for place, one in zip(places, cosines, strict=True)
                 if int(learn[place]) != row][:NEAR]  # fmt: skip
        found["rows"][str(row)] |= {"near": [other for other, _ in pairs], "like": [one for _, one in pairs]}


def sides(result: Result, rows: list[int]) -> dict[str, np.ndarray]:
    """The class that was said of each of these rows, and the one that it has."""
    said = next(part for name, part in result.predictions.items() if name == "test" or "test" not in result.predictions)
    place = {int(row): at for at, row in enumerate(said.rows.tolist())}
    at = np.array([place[row] for row in rows])
    return {"guess": said.guesses[at], "label": said.labels[at]}


def _heat(result: Result, model: Model, asked: dict[str, np.ndarray], found: dict[str, Any]) -> None:
    """What speaks for each side's class of the rows in `found`, on one scale a picture."""
    data, rows = result.data, [int(row) for row in found["rows"]]
    if "torch" not in sys.modules and not data.ran.startswith("openvino"):
        found["note"] = "its maps need torch, which is not loaded here"
        return
    pixels, read = squares(data.images.take(np.array(rows, np.int64)), model)
    if not len(read):
        return
    explain = Explainer(model, "cam", Log(quiet=True), torch="torch" in sys.modules)
    heats = {name: explain(pixels, classes[read]).found for name, classes in asked.items()}
    for number, one in enumerate(read.tolist()):
        most = max(float(heat[number].max()) for heat in heats.values())
        told = {name: heated(pixels[number], heat[number], most) for name, heat in heats.items()}
        found["rows"][str(rows[one])] |= told
    found |= {"how": explain.name, "note": explain.note}
