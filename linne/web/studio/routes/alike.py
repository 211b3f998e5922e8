"""Pictures that are alike, and the map of all: the command map, as a job."""

from contextlib import suppress
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import Response

from ....core.errors import OptionError, RunError
from ....engine.mapped import Mapped, mark_of
from ..here import Here, Studio

router = APIRouter(prefix="/api")
FILE = "map.npz"


@router.post("/map")
def make(here: Here) -> dict[str, Any]:
    """Look at every picture and lay them out; a job."""
    here.kept.pop("map", None)
    words = ["map", here.source, "--out"]
    return here.jobs.start("map", [*words, str(here.home / FILE)], shown=[*words, FILE]).data()


@router.get("/map", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
def places(here: Here) -> Response:
    """Two float32 a picture, little-endian, in -1..1; NaN for one that could not be read; nothing before it is made."""
    made = _made(here)
    data = made.place.astype("<f4").tobytes() if made is not None else b""
    return Response(data, media_type="application/octet-stream")


@router.get("/similar/{row}")
def similar(row: int, here: Here, n: Annotated[int, Query(ge=1, le=1000)] = 60) -> dict[str, Any]:
    """Rows of the pictures most like this one, the most alike first, with cosines. Needs the map's job first."""
    here.project.row(row)
    made = _made(here)
    if made is None:
        raise OptionError("Pictures were not looked at yet: make the map first.")
    rows, scores = made.like(row, n)
    return {"rows": rows.tolist(), "scores": np.round(scores, 4).tolist()}


def _made(here: Studio) -> "Mapped | None":
    """The map of these pictures as they are listed now, None where there is none."""
    if "map" not in here.kept:
        made = None
        with suppress(RunError):
            made = Mapped.load(here.home / FILE) if (here.home / FILE).exists() else None
        if made is not None and made.mark != mark_of(here.project.images.names):
            made = None
        if made is None:
            return None
        here.kept["map"] = made
    return here.kept["map"]
