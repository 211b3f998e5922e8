"""Label Studio's ML-backend protocol: health, setup, predict and webhook, over one project.

The routes and their bodies are those that Label Studio 1.x sends (github.com/HumanSignal/label-studio-ml-backend). A
server of its own, with a port and a secret of its own: Label Studio calls from another program and often another
machine, and nothing of what it may do here is anything that the studio's page may do. It opens pictures of the project
by their names alone; addresses are never fetched, and the access token that Label Studio sends is not read.
"""

import base64
import binascii
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from ..core.ask import Ask
from ..core.errors import LinneError, RunError
from ..core.names import printable
from ..core.run import Run
from ..engine.log import Log
from ..engine.serving import Classifier, Picture, Want
from .annotate_tasks import Question, Rows, decisions, withdrawn
from .asgi import App, Receive, Scope, Send
from .guard import MARK, Policy, guard
from .serve_open import mistakes
from .studio.jobs import RUNNING, WAITING, Jobs
from .studio.project import Gone, Project

OPEN = ("/", "/health")
"""What needs no secret, and tells nothing."""
LABELLED = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED")
DELETED = ("ANNOTATIONS_DELETED", "ANNOTATION_DELETED")
"""Label Studio sends the first, for one as well; its documentation names both."""
TASKS = 5000


@dataclass(eq=False)
class Backend:
    """What answers Label Studio. source: the pictures as a command names them. run: whose answers are given, None until
    one is trained. say: tells the person at the terminal."""

    project: Project
    jobs: Jobs
    source: str
    run: "Run | None"
    say: Callable[[str], None]
    question: Question = field(default_factory=Question)

    def __post_init__(self) -> None:
        self.rows, self.lock = Rows(self.project), threading.Lock()
        self._answers: Classifier | None = None

    @property
    def name(self) -> str:
        """The version that predictions carry: the run's folder."""
        return printable(self.run.path.name) if self.run else "none yet"

    def configured(self, config: Any) -> None:
        """Take a labelling configuration; an empty one changes nothing. Raises InputError."""
        if isinstance(config, str) and config.strip():
            self.question = Question.of(config)

    def predict(self, tasks: list[Any]) -> list[dict[str, Any]]:
        """A prediction for each task; of a task that names no picture of the project, or one that cannot be read, it
        is empty."""
        rows = [self.rows.of(one.get("data") if isinstance(one, dict) else None, self.question.key) for one in tasks]
        strange = sum(row < 0 for row in rows)
        if strange:
            self.say(f"{strange:,} of {len(tasks):,} tasks name no picture of {self.source}: no prediction for them")
        found = self._said(sorted({row for row in rows if row >= 0}))
        none: dict[str, Any] = {"result": [], "score": 0.0, "model_version": self.name}
        return [found.get(row, none) for row in rows]

    def _said(self, rows: list[int]) -> dict[int, dict[str, Any]]:
        out: dict[int, dict[str, Any]] = {}
        with self.lock:
            if self.run is None or not rows:
                return {}
            if self._answers is None:
                self._answers = Classifier(self.run.path, Ask(runtime=self.run.recipe.runtime), Log(quiet=True))
                self._answers.warm()
            for start in range(0, len(rows), 64):
                out |= self._part(self._answers, rows[start : start + 64])
        return out

    def _part(self, answers: Classifier, rows: list[int]) -> dict[int, dict[str, Any]]:
        pictures, there = [], []
        for row in rows:
            try:
                picture = Picture(self.project.name(row), self.project.content(row))
            except Gone:
                continue
            pictures.append(picture.decoded(answers.geometry) if answers.geometry else picture)
            there.append(row)
        told = answers.tell(answers.look(pictures), Want()) if pictures else []
        return {row: self._one(one) for row, one in zip(there, told, strict=True) if not one.get("problem")}

    def _one(self, told: dict[str, Any]) -> dict[str, Any]:
        labels = told["labels"] if "labels" in told else [told["label"]] if told["label"] else []
        ways = [tuple(told["path"]) if told.get("path") else tuple(label.split("/")) for label in labels]
        chances = told["probabilities"]
        score = max((chances.get(label, 0.0) for label in labels), default=0.0)
        return {"result": self.question.result(ways), "score": score, "model_version": self.name}

    def heard(self, told: dict[str, Any]) -> dict[str, int]:
        """Save what an event's annotations decide, and undo what one decided that says nothing any more; how many."""
        decided = undone = 0
        for answer, who in decisions(told, self.rows, self.question):
            if answer.decision != "undo":
                self.project.decide([answer], who)
                decided += 1
            elif answer.source:
                undone += self.project.retract(answer.source, who, answer.row)
        return {"decided": decided} | ({"undone": undone} if undone else {})

    def gone(self, told: dict[str, Any]) -> int:
        """Undo what deleted annotations decided; of how many pictures. What others decided since stays."""
        return sum(self.project.retract(source, "label-studio") for source in withdrawn(told))

    def train(self) -> dict[str, Any]:
        """Begin a run on the labels as they are, unless one is on its way; its answers are given when it is done."""
        with self.lock:
            under = next((job for job in self.jobs.all() if job.state in (WAITING, RUNNING)), None)
            job = under or self.jobs.start("train", self._words(), self._trained)
        return {"job": job.number, "state": job.state, "command": job.command}

    def _words(self) -> list[str]:
        overlay = self.project.overlay
        home, name = overlay.parent / "runs", overlay.name.split(".")[0] or "pictures"
        out = next(path for k in range(1, 10_000) if not (path := home / f"{name}-{k}").exists())
        words = ["train", self.source, *(["--overlay", str(overlay)] if self.project.trails else [])]
        return [*words, "--out", str(out)]

    def _trained(self, told: dict[str, Any]) -> None:
        with self.lock:
            self.run, self._answers = Run(told["run"]), None
        self.say(f"trained: {told['run']} answers from now on")


class Setup(BaseModel):
    """What Label Studio sends when it connects; hostname and access token are not looked at."""

    label_config: Annotated[str, Field(alias="schema", max_length=1 << 20)] = ""


class Tasks(BaseModel):
    """Tasks that want predictions."""

    tasks: Annotated[list[dict[str, Any]], Field(max_length=TASKS)] = []
    label_config: Annotated[str, Field(max_length=1 << 20)] = ""


def app(backend: Backend) -> FastAPI:
    """The program without its guard."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        backend.jobs.close()

    made = FastAPI(
        title="Linne for Label Studio", version=version("linne"), lifespan=life, docs_url=None, redoc_url=None,
        responses=mistakes(400, 401, 403, 413, 415, 421, 507),
    )  # fmt: skip
    made.add_exception_handler(LinneError, _told)

    def health() -> dict[str, Any]:
        """That it is there."""
        return {"status": "UP", "model_class": "Linne"}

    def setup(asked: Setup) -> dict[str, Any]:
        """Take the labelling configuration."""
        backend.configured(asked.label_config)
        return {"model_version": backend.name}

    def predict(asked: Tasks) -> dict[str, Any]:
        """A prediction for each task."""
        backend.configured(asked.label_config)
        return {"results": backend.predict(asked.tasks), "model_version": backend.name}

    def webhook(event: dict[str, Any]) -> dict[str, Any]:
        """An event of Label Studio: annotations become decisions, or undo them; START_TRAINING begins a run."""
        action = event.get("action")
        project = event.get("project")
        backend.configured(project.get("label_config") if isinstance(project, dict) else "")
        if action in LABELLED:
            return {"status": "ok", "result": backend.heard(event)}
        if action in DELETED:
            return {"status": "ok", "result": {"undone": backend.gone(event)}}
        if action == "START_TRAINING":
            return {"status": "ok", "result": backend.train()}
        return {"status": "ok", "result": {"ignored": printable(str(action))[:80]}}

    for path in OPEN:
        made.add_api_route(path, health, include_in_schema=path != "/")
    for route in (setup, predict, webhook):
        made.add_api_route(f"/{route.__name__}", route, methods=["POST"], status_code=201 if route is webhook else 200)
    return made


async def _told(_: Request, error: Exception) -> JSONResponse:
    """What a person can put right, as Label Studio shows it."""
    status = 507 if isinstance(error, RunError) and isinstance(error.__cause__, OSError) else 400
    return JSONResponse({"error": str(error), "detail": str(error)}, status)


def guarded(backend: Backend, policy: Policy) -> App:
    """The program as it is served. policy: with the secret; whoever calls sends it as Bearer, or as the password of
    HTTP's basic authentication, which is what Label Studio can send."""
    return Password(guard(app(backend), replace(policy, open=OPEN, plain=(), paged="")))


class Password:
    """ASGI middleware: basic authentication becomes a bearer's, and counts as the header that changes need.

    No answer ever asks a browser for a password, so none remembers one, and a page of elsewhere could not send it with
    JSON anyway.
    """

    def __init__(self, inner: App) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            headers = [(key, value) for key, value in scope["headers"] if key not in (b"authorization", b"cookie")]
            given = [value.decode("latin-1") for key, value in scope["headers"] if key == b"authorization"]
            if len(given) == 1:
                headers += [(b"authorization", _bearer(given[0]).encode("latin-1")), (MARK.encode(), b"1")]
            scope = {**scope, "headers": headers}
        await self.inner(scope, receive, send)


def _bearer(given: str) -> str:
    kind, _, rest = given.partition(" ")
    if kind.lower() != "basic":
        return given
    try:
        return f"Bearer {base64.b64decode(rest, validate=True).decode('latin-1').partition(':')[2]}"
    except (binascii.Error, ValueError):
        return ""
