"""The project as a whole, its changes, its jobs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ..here import Here
from ..project import PARTS, STATES
from ..static_files import panels

router = APIRouter(prefix="/api")


@router.get("/project")
def project(here: Here) -> dict[str, Any]:
    """What is open: how many pictures, classes, figures, parts of the page, the words that numbers stand for."""
    own = here.project
    return {
        "source": here.source, "overlay": str(own.overlay), "run": str(here.run.path) if here.run else "",
        "classes": list(own.classes), "several": own.several, "states": STATES, "parts": PARTS, "who": own.who,
        "mark": here.mark, "key": here.key, "number": len(own.changed), "figures": own.figures(), "panels": panels(),
        "strangers": own.strangers,
        "command": here.command("studio", here.source, *(["--run", str(here.run.path)] if here.run else []),
                                "--overlay", str(own.overlay)),
    }  # fmt: skip


@router.get("/changes")
def changes(here: Here, since: Annotated[int, Query(ge=0)] = 0) -> dict[str, Any]:
    """Pictures that were decided on after so many changes, as they are now, and the figures of the whole."""
    return here.project.since(since) | {"figures": here.project.figures()}


@router.get("/jobs")
def jobs(here: Here) -> list[dict[str, Any]]:
    """Every job, the newest first."""
    return [job.data() for job in here.jobs.all()][:50]


@router.get("/jobs/{number}")
def job(number: int, here: Here) -> dict[str, Any]:
    """One job, with the last 200 lines that it said."""
    own = here.jobs.get(number)
    return own.data() | {"lines": list(own.lines)}


class Stay(BaseModel):
    """Whether a job goes on when the studio is closed."""

    stays: bool


@router.post("/jobs/{number}/stay")
def stay(number: int, asked: Stay, here: Here) -> dict[str, Any]:
    """Let a training go on when the studio is closed, or end with it; the next studio finds it."""
    return here.jobs.stay(number, asked.stays).data()


@router.post("/jobs/{number}/stop")
def stop(number: int, here: Here) -> dict[str, Any]:
    """End a job as Ctrl-C would."""
    return here.jobs.stop(number).data()
