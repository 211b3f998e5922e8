"""Train and watch: the commands train and compare as jobs, runs with their logs, rungs and reports."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from ....core.errors import OptionError
from ....core.files import plain
from ....core.names import printable
from ....core.run import Run
from .. import runs
from ..here import Here, Studio
from .findings import chinese

router = APIRouter(prefix="/api/train")
Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
Named = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
NAME = re.compile(r"[\w-][\w .-]*")
REPORT = "sandbox allow-scripts allow-popups; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:"  # noqa: E501
"""What a report may do: run its own scripts in a place of its own, without the studio's cookie, and load nothing."""


class Wanted(BaseModel):
    """A run to begin. name: of its folder below runs/, made where not given. stays: it goes on when the studio is
    closed."""

    name: Annotated[str, Field(max_length=60)] = ""
    minutes: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 0
    method: Literal["auto", "probe", "tail", "full"] = "auto"
    metric: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_]*$")] = ""
    stays: bool = False


class Pair(BaseModel):
    """Two finished runs."""

    first: Named
    second: Named


class One(BaseModel):
    """A run."""

    run: Named


@router.get("/runs")
def listed(here: Here) -> list[dict[str, Any]]:
    """Every run beside the project: finished, under way, or stopped."""
    return runs.told(here)


@router.post("/start")
def start(asked: Wanted, here: Here) -> dict[str, Any]:
    """Begin a run on the labels as they are now; a job, with the id of its run."""
    name = asked.name.strip() or _free(here)
    if not NAME.fullmatch(name):
        raise OptionError(f"A run cannot be called {printable(name)!r}: give letters, digits, spaces, dots, - and _, "
                          "not beginning with a dot.")  # fmt: skip
    place = runs.home(here) / name
    if place.exists():
        raise OptionError(f"There is a run {name} already. Give another name.")
    words = here.overlaid("train", here.source)
    words += ["--minutes", f"{asked.minutes:g}"] if asked.minutes else []
    words += ["--method", asked.method] if asked.method != "auto" else []
    words += ["--metric", asked.metric] if asked.metric else []
    return _started(here, [*words, "--out", str(place)], asked.stays)


@router.post("/go_on")
def go_on(asked: One, here: Here) -> dict[str, Any]:
    """Go on with a run that was stopped, from where it was; a job."""
    path = runs.at(here, asked.run)
    if runs.state(here, path) != "unfinished":
        raise OptionError(f"{path.name} is not stopped.")
    return _started(here, ["train", here.source, "--recipe", str(path / "recipe.toml"), "--out", str(path)])


def _started(here: Studio, words: list[str], stays: bool = False) -> dict[str, Any]:
    job = here.jobs.start("train", words, lambda told: _use(here, told["run"]), lasts=True, stays=stays)
    return job.data() | {"run": runs.mark(runs.Path(words[-1]))}


@router.post("/use")
def use(asked: One, here: Here) -> dict[str, Any]:
    """Show this run's answers beside the labels, and try pictures with it."""
    _use(here, str(runs.finished(here, asked.run).path))
    return {"run": str(here.run.path) if here.run else ""}


def _use(here: Studio, path: str) -> None:
    here.use(Run(path))


@router.get("/log/{run}")
def log(run: Id, here: Here, since: Annotated[int, Query(ge=0, le=2**53)] = 0) -> dict[str, Any]:
    """What a run said after byte `since` of its log, and how it stands."""
    path = runs.at(here, run)
    return runs.log(path, since) | {"state": runs.state(here, path)}


@router.get("/report/{run}", response_class=Response, responses={200: {"content": {"text/html": {}}}})
def report(run: Id, here: Here) -> Response:
    """A run's report, in a place of its own: it cannot ask the studio anything, nor load anything."""
    text = runs.report(runs.finished(here, run).path)
    return Response(text, media_type="text/html", headers={"content-security-policy": REPORT})


@router.post("/compare")
def compare(asked: Pair, here: Here) -> dict[str, Any]:
    """Which of two runs is better on the same pictures, or that nobody can tell; a job."""
    one, two = (runs.finished(here, name) for name in (asked.first, asked.second))
    split = next((part for part in ("test", "validation", "train") if part in one.parts() & two.parts()), "test")
    words = ["compare", str(one.path), str(two.path), *(["--split", split] if split != "test" else [])]
    return here.jobs.start("compare runs", here.overlaid(*words), lambda told: _compared(here, told)).data()


@router.get("/compared")
def compared(here: Here) -> dict[str, Any]:
    """What the last comparison came to: a sentence, the paired difference with its interval; {} before."""
    return here.kept.get("compared", {})


def _compared(here: Studio, told: dict[str, Any]) -> None:
    pair = told["pairs"][0]
    ends = {
        name: pair.get(name)
        for name in ("first", "second", "metric", "value", "low", "high", "n", "verdict", "warning")
    }
    notes = [chinese({"note": note}, ("note",)) for note in told["notes"]]
    here.kept["compared"] = plain(chinese(ends, ("verdict", "warning")) | {
        "notes": notes, "split": told["split"], "command": told["command"]})  # fmt: skip


def _free(here: Studio) -> str:
    """The first free name of a run."""
    stem = here.project.overlay.name.split(".")[0] or "pictures"
    return next(name for k in range(1, 10_000) if not (runs.home(here) / (name := f"{stem}-{k}")).exists())
