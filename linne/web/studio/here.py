"""What every route of the studio works with."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, Request

from ...core.predictions import Predictions
from ...core.run import Run
from ...core.several import Several
from ...engine.mapped import mark_of
from .jobs import Jobs, written
from .project import Project
from .thumbs import Thumbs


@dataclass(eq=False)
class Studio:
    """One open project. source: the pictures as a command names them. run: whose answers are shown, None for nobody's.

    home: a folder in the cache for what is worked out. guess, confidence: (n,) int32 and uint8 (percent, 255 for none)
    of the run; guessed: (n, K) bool where its pictures have several labels, whose confidence is that of the label which
    is least sure. found: what checks found last, JSON. flags: (n,) uint64, bit i where finding i names the picture.
    """

    project: Project
    jobs: Jobs
    thumbs: Thumbs
    large: Thumbs
    source: str
    home: Path
    run: "Run | None" = None
    guess: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    confidence: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint8))
    guessed: "np.ndarray | None" = None
    found: list[dict[str, Any]] = field(default_factory=list)
    flags: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    """Of this session: what a browser kept of another one is never taken for it."""
    key: str = ""
    """Of this overlay and these pictures: answers that a browser could not send are sent again to no other ones."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What a group of routes wants to remember, by its name."""

    def __post_init__(self) -> None:
        n = len(self.project)
        self.guess, self.confidence = np.full(n, -1, np.int32), np.full(n, 255, np.uint8)
        self.flags = np.zeros(n, np.uint64)
        self.key = f"{self.home.name}-{mark_of(self.project.images.names)}"
        if self.run is not None:
            self.use(self.run)

    def use(self, run: Run) -> None:
        """Show this run's answers. Raises RunError for one that cannot be read."""
        found = said(self.project, run)
        self.run, (self.guess, self.confidence, self.guessed) = run, found

    def command(self, *words: str) -> str:
        """A command as a person would write it."""
        return written(words)

    def overlaid(self, *words: str) -> list[str]:
        """A command's words with the overlay, where that holds a decision."""
        return [*words, "--overlay", str(self.project.overlay)] if self.project.trails else list(words)


def said(project: Project, run: Run) -> "tuple[np.ndarray, np.ndarray, np.ndarray | None]":
    """(n,) the run's guess of each picture as a place in the project's classes, its confidence in percent, and (n, K)
    which labels it says where there are several."""
    guess, confidence = np.full(len(project), -1, np.int32), np.full(len(project), 255, np.uint8)
    places = {project.name(row): row for row in range(len(project))}
    project.know(run.classes)
    guessed = np.zeros((len(project), len(project.classes)), bool) if run.several else None
    columns = np.array([project.classes.index(name) for name in run.classes], np.int32)
    for part in sorted(run.parts()):
        told: Predictions = run.predictions(part)
        rows = np.array([places.get(str(name), -1) for name in told.names], np.int64)
        use, chances = (rows >= 0) & told.read, np.nan_to_num(told.probabilities)
        best = chances.max(1)
        if guessed is not None and isinstance(told, Several):
            best = np.maximum(chances, 1 - chances).min(1)
            guessed[np.ix_(rows[use], columns)] = told.guesses[use]
        else:
            guess[rows[use]] = columns[told.guesses[use]]
        confidence[rows[use]] = np.clip(np.floor(100 * best[use]), 0, 100).astype(np.uint8)
    return guess, confidence, guessed


def studio(request: Request) -> Studio:
    """The open project of a request."""
    return request.app.state.studio


Here = Annotated[Studio, Depends(studio)]
