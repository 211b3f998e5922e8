"""Pictures: their columns, names, thumbnails, one looked at closely."""

import struct
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import Response

from ....core.decode import decode
from ....core.errors import OptionError, Unreadable
from ....core.names import printable
from ....core.overlay import NONE, joined
from ..here import Here, Studio
from ..project import Gone
from .findings import chinese, recall

router = APIRouter(prefix="/api")
MOST = 512
"""Rows a request may name."""
Rows = Annotated[str, Query(pattern=r"^\d{1,9}(,\d{1,9})*$", max_length=10 * MOST, examples=["0,1,2"])]
KEPT = {"cache-control": "private, max-age=3600"}
"""A page asks under the mark of this session, so no other project on this port ever shows these."""


def rows_of(here: Studio, text: str) -> list[int]:
    """Rows that a request names. Raises OptionError for too many, or one that is not there."""
    rows = [here.project.row(int(word)) for word in text.split(",")]
    if len(rows) > MOST:
        raise OptionError(f"{len(rows)} pictures at once; at most {MOST} are given.")
    return rows


@router.get("/columns")
def columns(here: Here) -> list[tuple[str, str, int]]:
    """What /api/pictures gives of each picture, in order: name, type (little-endian), how many of it."""
    return [(name, array.dtype.str, array.shape[1] if array.ndim == 2 else 1) for name, array in _columns(here).items()]


@router.get("/pictures", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
def pictures(here: Here, start: Annotated[int, Query(ge=0)] = 0,
             count: Annotated[int, Query(ge=1, le=200_000)] = 20_000) -> Response:  # fmt: skip
    """The columns of `count` pictures from `start` on, one column after the other, nothing between."""
    recall(here)
    cut = slice(start, start + count)
    with here.project.lock:
        data = b"".join(np.ascontiguousarray(array[cut]).tobytes() for array in _columns(here).values())
    return Response(data, media_type="application/octet-stream")


def _columns(here: Studio) -> dict[str, np.ndarray]:
    own = here.project
    out = {
        "label": own.label.astype("<i4"), "given": own.given.astype("<i4"), "guess": here.guess.astype("<i4"),
        "version": own.version.astype("<u4"), "flags": here.flags.astype("<u8"), "part": own.part, "state": own.state,
        "confidence": here.confidence, "conflict": own.conflict.astype(np.uint8),
    }  # fmt: skip
    if own.targets is not None:
        out["has"] = np.packbits(own.targets == 1, axis=1, bitorder="little")
        said = np.zeros(own.targets.shape, bool)
        if here.guessed is not None:
            said[:, : here.guessed.shape[1]] = here.guessed
        out["said"] = np.packbits(said, axis=1, bitorder="little")
        out["known"] = (own.targets >= 0).any(1).astype(np.uint8)
    return out


@router.get("/names")
def names(rows: Rows, here: Here) -> list[str]:
    """What the pictures are called."""
    return [here.project.name(row) for row in rows_of(here, rows)]


@router.get("/find")
def find(here: Here, text: Annotated[str, Query(min_length=1, max_length=200)]) -> list[int]:
    """Rows of pictures whose name holds these letters, at most 100,000."""
    wanted = text.casefold()
    return [row for row, name in enumerate(here.project.images.names) if wanted in str(name).casefold()][:100_000]


@router.get("/thumbs", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
def thumbs(rows: Rows, here: Here) -> Response:
    """Thumbnails: of each row its length in bytes (uint32, little-endian), then the JPEGs; length 0: no picture."""
    found = here.thumbs.get(rows_of(here, rows))
    head = struct.pack(f"<{len(found)}I", *map(len, found))
    return Response(b"".join([head, *found]), media_type="application/octet-stream")


@router.get("/thumb/{row}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def thumb(row: int, here: Here) -> Response:
    """One thumbnail, a JPEG of at most 160 x 160 pixels."""
    return _jpeg(here, row, here.thumbs.get([here.project.row(row)])[0])


@router.get("/view/{row}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def view(row: int, here: Here) -> Response:
    """One picture, a JPEG of at most 1024 x 1024 pixels."""
    return _jpeg(here, row, here.large.get([here.project.row(row)])[0])


def _jpeg(here: Studio, row: int, data: bytes) -> Response:
    if not data:
        here.project.content(row)
        raise Gone(f"{here.project.name(row)} cannot be decoded.")
    return Response(data, media_type="image/jpeg", headers=KEPT)


@router.get("/picture/{row}")
def picture(row: int, here: Here) -> dict[str, Any]:
    """What is known of one picture: its name, size, camera, label, guess, findings and decisions."""
    own = here.project
    told = own.seen(own.row(row)) | {"name": own.name(row), "why": ""}
    try:
        seen = decode(own.content(row), least=64)
        told |= {"width": seen.width, "height": seen.height, "format": seen.format, "camera": printable(seen.camera)}
    except (Gone, Unreadable) as error:
        told |= {"why": str(error)}
    guess = int(here.guess[row])
    sure = int(here.confidence[row])
    told["guess"] = own.classes[guess] if guess >= 0 else ""
    if here.guessed is not None and sure < 255:
        told["guess"] = joined(own.classes[k] for k in np.flatnonzero(here.guessed[row])) or NONE
    told["confidence"] = sure if sure < 255 else None
    told["given"] = own.classes[own.given[row]] if own.given[row] >= 0 else ""
    told["findings"] = [
        chinese({"kind": one["kind"], "zh": one.get("zh", ""), "severity": one["severity"], "why": one["why"]})
        for place, one in enumerate(here.found) if place < 64 and int(here.flags[row]) >> place & 1
    ]  # fmt: skip
    told["trail"] = [
        {"decision": one.decision, "to": one.to, "who": one.who, "when": one.when, "note": one.note}
        for one in own.trails.get(row, [])
    ]  # fmt: skip
    return told
