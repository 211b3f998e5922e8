"""What a search keeps of its trials, and what its choice is worth on the pictures that judged none of them."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.files import write
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from .compare import compare
from .figures import figure, text
from .first import Stand
from .ground import CONFIRM, Ground
from .race import SLACK
from .rung import joined
from .task import heat


def keep(path: Path, found: Predictions) -> None:
    """What was said of each picture: rows of images.parquet, logits."""

    def saved(aside: Path) -> None:
        with open(aside, "wb") as file:
            np.savez(file, rows=found.rows, logits=found.logits)

    write(path, saved)


def outcome(ground: Ground, path: Path) -> "Predictions | None":
    """What was kept; None where it is not there or cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            rows, logits = kept["rows"], kept["logits"]
    except (OSError, ValueError, KeyError):
        return None
    nobody = np.zeros(0, np.int64)
    stood = Stand(ground.data, None, nobody, nobody, nobody, nobody, ground.start)  # type: ignore[arg-type]
    found = joined([(rows, logits)], stood)
    return replace(found, temperature=heat(found))


def path_of(ground: Ground, trial: dict[str, Any]) -> Path:
    """Where a trial's outcome is kept."""
    return ground.place / "outcomes" / f"trial-{trial['number']:05d}.npz"


def confirm(ground: Ground, chosen: Recipe, start: Recipe) -> dict[str, Any]:
    """The chosen settings beside the start on the pictures that judged no trial."""
    metric, seed = ground.start.metric, ground.start.seed
    rows = f"{len(ground.rows(CONFIRM)):,} learning pictures that judged no trial"
    first = confirmed(ground, start)
    if chosen == start:
        shown = figure(first, metric=metric, seed=seed)
        return {"kept": False, "better": False, "gain": None, "figure": shown, "start": shown,
                "sentence": "the start stays: nothing was better on the pictures that choose",
                "figure_sentence": f"{metric} {text(shown)} on {rows}"}  # fmt: skip
    second = confirmed(ground, chosen)
    gain = compare(second, first, metric=metric, seed=seed)
    kept = bool(gain["value"] > 0 and gain["low"] > SLACK)
    if gain["better"]:
        said = f"{gain['sentence']}, beside the start"
    elif kept:
        said = f"{gain['sentence']}: not called better, kept since little can be lost"
    else:
        word = "worse than the start" if gain["high"] < 0 else "cannot tell"
        said = f"{word}, the start stays ({gain['sentence']})"
    old, new = (figure(one, metric=metric, seed=seed) for one in (first, second))
    shown = new if kept else old
    told = f"{metric} {text(shown)} on {rows}; start {text(old)}, best of the search {text(new)}"
    return {"kept": kept, "better": gain["better"], "gain": gain, "figure": shown, "start": old, "best": new,
            "sentence": said, "figure_sentence": told}  # fmt: skip


def confirmed(ground: Ground, recipe: Recipe) -> Predictions:
    """What a settled recipe says of the pictures that confirm; fitted once."""
    mark = hashlib.blake2b(recipe.toml().encode(), digest_size=8).hexdigest()
    path = ground.place / "outcomes" / f"confirm-{mark}.npz"
    kept = outcome(ground, path)
    if kept is not None:
        return kept
    ground.clock.grace = float("inf")
    found = ground.judge(recipe, CONFIRM, f"confirm-{mark}")
    keep(path, found)
    return replace(found, temperature=heat(found))
