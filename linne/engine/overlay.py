"""Overlays where the engine meets them: suspects as rows that wait for a person, and predictions judged by what was
decided."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..core.applied import decided
from ..core.errors import InputError, OptionError
from ..core.finding import Finding
from ..core.overlay import Overlay, Row
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from .data import Data, asked

SUSPECT = "wrong label"


def begun(recipe: Recipe, *, writes: bool = False) -> Recipe:
    """The recipe with its overlay where that holds a decision to obey; a file that is yet to be written holds none.

    writes: whether the caller writes it in any case. Raises OptionError where it would be of no use: not there, and no
    check of the recipe writes it.
    """
    if not recipe.overlay:
        return recipe
    if not Path(recipe.overlay).exists():
        if not writes and "mislabelled" not in asked(recipe):
            raise OptionError(
                f"overlay={recipe.overlay!r} is not there, and only the check mislabelled begins one. Ask for it too, "
                "or give a file that is there."
            )
        return replace(recipe, overlay="")
    return recipe if Overlay.read(recipe.overlay).decided else replace(recipe, overlay="")


def suspects(data: Data, found: Sequence[Finding]) -> list[Row]:
    """A row for each suspected wrong label, the most suspected first, that waits for a decision."""
    out, marks = [], [one.tobytes().hex() for one in data.facts["hash"]]
    for one in (one for one in found if one.kind == SUSPECT):
        parts = (one.details[name] for name in ("given", "suggested", "scores"))
        for row, given, suggested, score in zip(one.rows, *parts, strict=True):
            odds = f"{math.exp(-score):,.0f}" if score > -20 else "over 100,000,000"
            note = f"looks like {suggested}, {odds} to 1"
            out.append(Row(str(data.images.names[row]), given=given, suggested=suggested, score=f"{-score:.4f}",
                           note=note, mark=marks[row]))  # fmt: skip
    return out


def judged(
    overlay: Overlay, said: Predictions, names: np.ndarray, words: Sequence[str], marks: Sequence[str]
) -> tuple[Predictions, list[str]]:
    """Predictions with the labels that the overlay gives, without pictures that it leaves out; what is to be said.

    names, words (classes, "" for none), marks (content hashes): (n,) of the pictures that `said.rows` are places in.
    Raises InputError for an overlay whose pictures are all gone, and for a class that is not known here.
    """
    pools = {row.name for row in overlay.rows if row.folder}  # who learns from those says so; they judge nowhere
    found = decided(overlay, names.tolist(), words, marks, pools)
    states = [found.states[row] for row in said.rows.tolist()]
    index = {name: place for place, name in enumerate(said.classes)} | {"": -1}
    foreign = next((state for state in states if state.label not in index), None)
    if foreign is not None:
        raise InputError(f"{overlay.path} has the class {foreign.label!r}, which the run does not know.")
    labels = np.array([index[state.label] for state in states], np.int64)
    out = np.array([state.why != "" for state in states], bool)
    changed = (labels != said.labels) & ~out
    note = (
        f"{int(changed.sum()):,} labels are those of the overlay {overlay.path}, {int(out.sum()):,} pictures left out"
    )
    notes = [note, *(one.why.rstrip(".") for one in found.findings)]
    return replace(said, labels=labels).take(np.flatnonzero(~out)), notes
