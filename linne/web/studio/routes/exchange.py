"""Export: labels as other tools read them, labels of other tools, and a run as a bundle; commands as jobs."""

import importlib.util
import secrets
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from ....core.errors import InputError, OptionError
from ....core.lookup import kinds, names
from ....engine.labels import formats
from .. import runs
from ..handover import ENDS, read
from ..here import Here, Studio
from ..jobs import DONE

router = APIRouter(prefix="/api/exchange")
LETTERS = 60_000_000


class Format(BaseModel):
    """A format of labels."""

    to: Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")]


class Came(BaseModel):
    """A file of labels: its name, of which only the ending counts, and its text."""

    name: Annotated[str, Field(max_length=300)]
    text: Annotated[str, Field(min_length=1, max_length=LETTERS)]
    who: Annotated[str, Field(max_length=100)] = ""


class Bundle(BaseModel):
    """A run to be exported."""

    run: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    to: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}(,[a-z0-9_]{1,40}){0,3}$")] = "onnx"


@router.get("")
def offered(here: Here) -> dict[str, Any]:
    """Formats of labels with what their files end with, formats of bundles, and endings that can be read."""
    return {"labels": formats(), "bundles": _bundles(), "ends": ENDS}


@router.post("/labels")
def write(asked: Format, here: Here) -> dict[str, Any]:
    """Write the labels as they are now; a job, whose file /api/exchange/file gives."""
    ends = formats()
    if asked.to not in ends:
        raise OptionError(f"There is no format {asked.to!r}; there are {', '.join(ends)}.")
    name = f"{here.project.overlay.name.split('.')[0] or 'pictures'}.labels{ends[asked.to]}"
    words = here.overlaid("labels", here.source, "--to", asked.to)
    place = here.home / "labels" / f"{asked.to}{ends[asked.to]}"
    return here.jobs.start("labels", [*words, "--out", str(place)], shown=[*words, "--out", name]).data()


@router.get("/written/{job}")
def written(job: int, here: Here) -> dict[str, Any]:
    """What a job wrote: names of the files, how many pictures have labels, what the format cannot say."""
    told, paths = _result(here, job)
    return {"files": [path.name for path in paths], "pictures": told["pictures"], "labelled": told["labelled"],
            "base": told["base"], "notes": told["notes"]}  # fmt: skip


@router.get("/file/{job}", response_class=FileResponse, responses={200: {"content": {"application/octet-stream": {}}}})
def file(job: int, here: Here, number: Annotated[int, Query(ge=0, le=9)] = 0) -> FileResponse:
    """A file that a job wrote, to be kept; never shown by the browser."""
    paths = _result(here, job)[1]
    if number >= len(paths) or not paths[number].is_file():
        raise OptionError(f"That job has no file {number} any more. Write the labels again.")
    stem = here.project.overlay.name.split(".")[0] or "pictures"
    return FileResponse(paths[number], media_type="application/octet-stream", filename=f"{stem}.{paths[number].name}")


def _result(here: Studio, job: int) -> tuple[dict[str, Any], list[Path]]:
    own = here.jobs.get(job)
    if own.kind != "labels" or own.state != DONE or not isinstance(own.result, dict):
        raise OptionError(f"Job {job} wrote no labels.")
    return own.result, [Path(path) for path in own.result["paths"]]


@router.post("/read")
def take(asked: Came, here: Here) -> dict[str, Any]:
    """Decide as a file of another tool says: COCO, CVAT, Label Studio, or a table; pictures are looked for in the
    project's folder alone."""
    end = Path(asked.name.replace("\\", "/").rpartition("/")[2]).suffix.lower()
    if end not in ENDS:
        raise InputError(f"A file of labels ends with {', '.join(ENDS)}, not with {end[:20]!r}.")
    place = here.home / f"imported-{secrets.token_hex(8)}{end}"
    place.write_text(asked.text, encoding="utf-8", errors="replace")
    try:
        told = read(here.project, place, asked.who or here.project.who)
    finally:
        place.unlink(missing_ok=True)
    return told | {"figures": here.project.figures(), "command": here.command(*here.overlaid("train", here.source))}


@router.post("/bundle")
def bundle(asked: Bundle, here: Here) -> dict[str, Any]:
    """Export a run so that it answers elsewhere; a job."""
    run, have = runs.finished(here, asked.run), _bundles()
    for one in asked.to.split(","):
        if one not in have:
            raise OptionError(f"There is no format {one!r} to export to; there are {', '.join(have) or 'none'}.")
    stem = here.project.overlay.absolute().parent / "exports" / run.path.name
    tries = (stem.with_name(stem.name + (f"-{k}" if k > 1 else "")) for k in range(1, 10_000))
    out = next(path for path in tries if not path.exists())
    return here.jobs.start("export", ["export", str(run.path), "--to", asked.to, "--out", str(out)]).data()


def _bundles() -> list[str]:
    """Formats that a run can be exported to, where this installation has the command."""
    there = importlib.util.find_spec("linne.verbs.export") is not None
    return list(names("export")) if there and "export" in kinds() else []
