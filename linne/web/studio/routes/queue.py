"""What to label next: the command suggest, as a job, over the pictures that nobody labelled."""

import shutil
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ....core.errors import OptionError
from ..here import Here, Studio

router = APIRouter(prefix="/api")
LEAST = 6
"""Labelled pictures below which nothing can be learned from them."""


@router.get("/queue")
def queue(here: Here, n: Annotated[int, Query(ge=1, le=5000)] = 200) -> dict[str, Any]:
    """Rows to label next: what was asked for, the most wanted first, then the others in their order; each with the
    model's guess and how sure it is where there is one. order: "suggest" where rows are from there."""
    own = here.project
    with own.lock:
        blank = own.blank()
    told = [one for one in here.kept.get("queue", []) if blank[one["row"]]]
    first = {one["row"] for one in told}
    rest = [{"row": row, "guess": "", "confidence": None} for row in blank.nonzero()[0].tolist() if row not in first]
    return {"order": "suggest" if told else "name", "left": int(blank.sum()), "rows": [*told, *rest][:n]}


@router.post("/suggest")
def suggest(here: Here) -> dict[str, Any]:
    """Ask what to label next; a job. It reads a copy of the overlay, which so gets no row that nobody wrote."""
    own = here.project
    labelled = len(own) - own.figures()["blank"] - own.figures()["left_out"]
    if labelled < LEAST or len(own.used()) < (1 if own.several else 2):
        raise OptionError(f"{labelled} pictures are labelled, of {len(own.used())} classes. Label {LEAST} or more "
                          f"{'with and without a label' if own.several else 'of two classes'} first.")  # fmt: skip
    words = ["suggest", here.source, "--pool", here.source, "--n", "200"]
    words += [] if own.several else ["--classes", "none"]
    shown = here.overlaid(*words)
    if own.trails:
        copy = here.home / "suggest.csv"
        shutil.copyfile(own.overlay, copy)
        words += ["--overlay", str(copy)]
    return here.jobs.start("suggest", words, lambda told: _adopt(here, told), shown=shown).data()


def _adopt(here: Studio, told: dict[str, Any]) -> None:
    rows = ((here.project.at(one["name"]), one) for one in told["rows"])
    here.kept["queue"] = [
        {"row": row, "guess": one["guess"], "confidence": round(float(one["confidence"]), 4)}
        for row, one in rows if row >= 0
    ]  # fmt: skip
