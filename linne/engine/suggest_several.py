"""What to label next of pictures that may have several labels: those of which some label is most in doubt.

There is no learning curve and no replay beside random choice, which are told of one label a picture.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.errors import OptionError
from ..core.images import Images
from ..core.lookup import declared, names
from ..core.overlay import NONE, joined
from ..core.recipe import Recipe
from ..core.several import Several, sigmoid
from ..core.spec import parse
from . import several
from .data import Data
from .log import Log
from .query import Question
from .suggest import Wanted, asked, choosable
from .task import logits

NOTE = "No learning curve and no replay beside random choice: they are told of pictures with one label each."


def suggest(data: Data, recipe: Recipe, wanted: Wanted, log: Log) -> tuple[dict[str, Any], Images]:
    """(what is found, JSON-ready; the pictures that are suggested, the most wanted first).

    A suggestion's guess is the labels that are said of it, joined as an overlay writes them; its confidence that of the
    label that is least sure. Test pictures do not teach. Raises OptionError for a query of one label a picture,
    InputError where nothing is left to ask for or nothing can be learned.
    """
    _able(wanted)
    several.usable(data)
    rows = np.flatnonzero(data.kept & (data.images.split != "test"))
    data.images = several.able(data, rows)
    known = data.images.take(rows)
    heads = several.fit(data.features[rows], known, replace(recipe, metric="average_precision"))
    pool, able, left = choosable(data, recipe, wanted, len(rows), log)
    features = pool.features[able]
    raw = logits(features, heads.weight, heads.bias)
    said = several.predictions(pool.images, able, raw, np.full(raw.shape, -1, np.int8), heads.thresholds)
    question = Question(data.features[rows], known.labels, known.group, features, said, heads.strength)
    places, found = asked(question, wanted, (pool, able, left), said, _rows, recipe.seed)
    found |= {"source": str(data.images.came_from or "pictures"), "curve": None, "replay": None, "notes": [NOTE]}
    return found | {"sentences": _sentences(found)}, pool.images.take(able[places])


def _able(wanted: Wanted) -> None:
    query, name = wanted.query, parse(wanted.query)[0].name
    if list(wanted.classes) not in ([], ["none"]):
        raise OptionError("classes have no effect: curves are told of pictures with one label each. Drop --classes.")
    if wanted.more != Wanted.more:
        raise OptionError(
            f"more={wanted.more} has no effect: the curve is told of pictures with one label each. Drop --more."
        )
    if not declared("query", name, "several", False):
        others = ", ".join(one for one in names("query") if declared("query", one, "several", False))
        raise OptionError(f"query={query!r} is told of pictures with one label each; of several labels ask: {others}.")


def _rows(said: Several, hashes: np.ndarray, scores: np.ndarray, strange: np.ndarray) -> list[dict[str, Any]]:
    """A row a suggestion; second: the label in the greatest doubt."""
    chances, out = sigmoid(said.logits), []
    for place, labels in enumerate(said.said()):
        sure = np.maximum(chances[place], 1 - chances[place])
        out.append({
            "rank": place + 1, "name": str(said.names[place]), "hash": hashes[place].tobytes().hex(),
            "guess": joined(sorted((name for name, _ in labels), key=said.classes.index)) or NONE,
            "confidence": float(sure.min()), "second": said.classes[int(sure.argmin())],
            "score": float(scores[place]), "stranger": bool(strange[place]),
        })  # fmt: skip
    return out


def _sentences(found: dict[str, Any]) -> list[str]:
    who = f"{found['n']:,} of {found['able']:,} pictures of {found['pool']} to label next, by {found['query']}"
    doubts = Counter(row["second"] for row in found["rows"]).most_common(6)
    told = [f"{who}; most in doubt: {', '.join(f'{name} in {count:,}' for name, count in doubts)}."]
    if found["n"] < found["asked"]:
        told.append(f"{found['asked']:,} were asked for, and the pool has no more to give.")
    if found["strangers"]:
        told.append(f"{found['strangers']:,} of them resemble no labelled picture.")
    return told
