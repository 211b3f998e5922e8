"""Try: pictures that a person drops or a camera takes, answered by the open run; enrolled and identified."""

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ....core.errors import InputError, OptionError
from ....core.names import printable
from ....engine.serving import Picture
from ..answers import Recognising, opened
from ..here import Here, Studio

router = APIRouter(prefix="/api/try")
MOST, LETTERS = 32, 40_000_000
"""Pictures a request, and letters of base64 a picture (30 MB)."""


class Given(BaseModel):
    """A picture: its name, which is shown and nothing else, and its encoded bytes in base64."""

    name: Annotated[str, Field(max_length=300)] = ""
    data: Annotated[str, Field(min_length=1, max_length=LETTERS)]


class Asked(BaseModel):
    """Pictures, and what is asked beside their label."""

    pictures: Annotated[list[Given], Field(min_length=1, max_length=MOST)]
    coverage: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.95
    unknown: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.95
    heat: bool = True
    near: bool = True


class Enrolled(BaseModel):
    """Pictures of one identity."""

    pictures: Annotated[list[Given], Field(min_length=1, max_length=MOST)]
    name: Annotated[str, Field(min_length=1, max_length=200)]


class Whose(BaseModel):
    """Pictures of somebody."""

    pictures: Annotated[list[Given], Field(min_length=1, max_length=MOST)]


@router.post("/predict")
def predict(asked: Asked, here: Here) -> dict[str, Any]:
    """A label for each picture, the likeliest classes, the set that holds the right one so often, whether it is none of
    the classes, where the network looked, and the pictures that taught which are most alike."""
    wanted = {"coverage": asked.coverage, "unknown": asked.unknown}
    answers = opened(here.kept, here.run)
    told = answers.answer(_pictures(asked.pictures), here.project, wanted, asked.heat, asked.near)
    asks = [word for name, value in wanted.items() if value for word in (f"--{name}", f"{value:g}")]
    return told | {"command": here.command("predict", str(answers.run.path), "PICTURES", *asks)}


@router.get("/gallery")
def gallery(here: Here) -> dict[str, Any]:
    """Who is enrolled."""
    return _gallery(here).told()


@router.post("/enrol")
def enrol(asked: Enrolled, here: Here) -> dict[str, Any]:
    """Register pictures of one identity; the gallery keeps features, not pictures."""
    name = printable(asked.name.strip())
    if not name:
        raise OptionError("An identity needs a name.")
    own = _gallery(here)
    return own.enrol(_pictures(asked.pictures), name) | {
        "command": here.command("enrol", str(own.path), "PICTURES", "--name", name)
    }


@router.post("/identify")
def identify(asked: Whose, here: Here) -> dict[str, Any]:
    """Who is in each picture, or "unknown", at a threshold for a stated rate of false acceptance."""
    own = _gallery(here)
    return own.identify(_pictures(asked.pictures)) | {"command": here.command("identify", str(own.path), "PICTURES")}


def _pictures(given: list[Given]) -> list[Picture]:
    out = []
    for place, one in enumerate(given):
        try:
            data = base64.b64decode(one.data.partition(",")[2] or one.data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InputError(f"Picture {place} is not in base64.") from error
        out.append(Picture(printable(one.name) or f"picture {place + 1}", data))
    return out


def _gallery(here: Studio) -> Recognising:
    """The project's gallery: NAME.gallery beside the overlay, by the features of the run that was open first."""
    if "gallery" not in here.kept:
        overlay = here.project.overlay.absolute()
        path = overlay.parent / f"{overlay.name.split('.')[0] or 'pictures'}.gallery"
        here.kept["gallery"] = Recognising(path, here.run.path if here.run else None)
    return here.kept["gallery"]
