"""Decisions: what a person says of pictures, saved before it is confirmed."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ..here import Here, Studio
from ..project import Answer

router = APIRouter(prefix="/api")
Label = Annotated[str, Field(max_length=200)]


class Said(BaseModel):
    """One picture's decision: relabel, keep, accept, drop, bad picture, unsure or undo."""

    row: Annotated[int, Field(ge=0, le=2**31)]
    version: Annotated[int, Field(ge=0, le=2**31)] = 0
    decision: Annotated[str, Field(max_length=40)]
    to: Annotated[list[Label], Field(max_length=1000)] = []
    suggested: Label = ""


class Decisions(BaseModel):
    """Decisions that are saved together, and who made them; mark: the same when they are sent again."""

    answers: Annotated[list[Said], Field(min_length=1, max_length=5000)]
    who: Annotated[str, Field(max_length=100)] = ""
    mark: Annotated[str, Field(max_length=40)] = ""


@router.post("/decide")
def decide(asked: Decisions, here: Here) -> dict[str, Any]:
    """Save decisions, all or none of them; then what the pictures are now, and the command that obeys them."""
    told = [Answer(one.row, one.version, one.decision, tuple(one.to), one.suggested) for one in asked.answers]
    seen = here.project.decide(told, asked.who, asked.mark)
    return {"rows": seen, "number": len(here.project.changed), "classes": list(here.project.classes),
            "figures": here.project.figures(), "command": _command(here)}  # fmt: skip


def _command(here: Studio) -> str:
    """What trains on the labels as they are now."""
    return here.command(*here.overlaid("train", here.source))
