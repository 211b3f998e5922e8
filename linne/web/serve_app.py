"""The server's routes (FastAPI): pictures in, answers out; health, metrics, the models, and a page to try it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..core.decode import Geometry
from ..core.errors import LinneError, nearest
from ..core.files import plain
from ..core.sights import Sights
from ..engine.serving import Picture, Want
from .asgi import App, Message, Receive, Refused, Scope, Send, header, refuse
from .bodies import UPLOAD, Body
from .serve_decode import Pool, Unwanted
from .serve_forms import Form, Most, form
from .serve_metrics import TYPE, Metrics, resident
from .serve_models import Entry, Models
from .serve_open import BODY, CHANGES, FILES, GUARDED, JSON_BODY, described, told
from .serve_queue import Queue, Ticket

QUEUED = ("/predict", "/identify", "/enrol")
"""Paths that wait for a model, and are let in by the queue."""
Share = Annotated[float | None, Query(gt=0, lt=1)]
KNOWN = (*QUEUED, "/models", "/reload", "/healthz", "/livez", "/readyz", "/metrics", "/", "/session")


@dataclass(eq=False)
class State:
    """Everything that a running server holds."""

    models: Models
    queue: Queue
    pool: Pool
    most: Most = Most()
    metrics: Metrics = field(default_factory=Metrics)
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)
    up: bool = False

    @property
    def ready(self) -> bool:
        """Whether requests should be sent here: open, not going down, and not nearly full."""
        return self.up and not self.queue.draining and self.queue.waiting <= 0.8 * self.queue.limit

    async def reload(self) -> dict[str, Any]:
        """Open every model anew; one at a time."""
        async with self.reloading:
            return await asyncio.to_thread(self.models.reload)


class Admission:
    """ASGI middleware: lets requests into the queue by their heads. HEAD is answered as GET is, and uvicorn leaves the
    body out."""

    def __init__(self, app: App, state: State) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in QUEUED:
            await self.app(scope, receive, send)
            return
        try:
            ticket = self.state.queue.admit(_deadline(scope), scope.get(UPLOAD))
        except Refused as why:
            await refuse(scope, receive, send, why)
            return

        async def counted() -> Message:
            message = await receive()
            self.state.queue.grew(ticket)
            return message

        try:
            await self.app({**scope, "linne.ticket": ticket}, counted, send)
        finally:
            self.state.queue.left_by(ticket)


def _deadline(scope: Scope) -> float:
    """Seconds that the client will wait, as its header x-deadline says; 0 where it says nothing. Raises Refused."""
    given = header(scope, "x-deadline")
    try:
        seconds = float(given or 0)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise Refused(400, f"x-deadline {given[:50]!r} is no number of seconds.")
    return seconds


def _asked(request: Request, also: Iterable[str] = ()) -> None:
    """Raise Refused for an option that the route does not have, and for one that came in the body, where none is read.

    also: names of what came in the body beside the pictures.
    """
    able = [one.alias for one in request.scope["route"].dependant.query_params]
    for name in request.query_params:
        if name not in able:
            raise Refused(422, f"There is no option {name[:100]!r}. {nearest(name[:100], able)}")
    for name in also:
        if name in able:
            raise Refused(422, f"{name} came in the body, and is asked for in the address: ?{name}=...")


@contextlib.asynccontextmanager
async def _pictures(request: Request, state: State) -> AsyncIterator[tuple[Form, Ticket]]:
    """The request's pictures and its ticket, watched: where its client leaves, nothing more is done for it."""
    ticket: Ticket = request.scope["linne.ticket"]
    _asked(request)
    found = await form(request.headers.get("content-type", ""), request.stream(), state.most)
    _asked(request, found.fields)
    state.queue.arrived(ticket, len(found.pictures), sum(len(data) for _, data in found.pictures))

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        ticket.gone = True

    watching = asyncio.create_task(watch())
    try:
        yield found, ticket
    finally:
        watching.cancel()


async def _decoded(state: State, entry: Entry, found: Form, ticket: Ticket) -> list[Picture]:
    """Pictures with the squares that the model wants; as they came for one that takes whole pictures."""
    pictures = [Picture(name, data) for name, data in found.pictures]
    wants: Geometry | Sights | None = getattr(entry.served, "sights", None) or entry.served.geometry
    if wants is None:
        return pictures

    async def one(picture: Picture) -> Picture:
        if isinstance(wants, Sights):
            ready = await state.pool.prepared(picture.data, wants, lambda: not ticket.dead)
            return replace(picture, data=b"", ready=ready)
        mark, square, reason = await state.pool.squared(picture.data, wants, lambda: not ticket.dead)
        return replace(picture, data=b"", hash=mark, square=square, reason=reason)

    return list(await asyncio.gather(*(one(picture) for picture in pictures)))


def _counted(state: State, entry: Entry, answers: Sequence[Any]) -> int:
    """Count them; the status: 422 where none of the pictures could be read."""
    unread = sum(bool(one["problem"]) for one in answers)
    state.metrics.pictures[entry.name, "answered"] += len(answers) - unread
    if unread:
        state.metrics.pictures[entry.name, "unreadable"] += unread
    return 422 if unread == len(answers) else 200


def program(state: State) -> FastAPI:
    """The routes over this state."""
    app = FastAPI(title="Linne", version=version("linne"), docs_url=None, redoc_url=None, openapi_url="/openapi.json",
                  responses=GUARDED)  # fmt: skip
    _answers(app, state)
    _galleries(app, state)
    _health(app, state)
    _pages(app)
    _errors(app, state)
    app.openapi = partial(described, app)  # type: ignore[method-assign]
    return app


def _answers(app: FastAPI, state: State) -> None:
    @app.post("/predict", openapi_extra=BODY, responses=told("predictions"))
    async def predict(
        request: Request, model: str = "", top: Annotated[int, Query(ge=0, le=100_000)] = 0, explain: str = "",
        of: str = "", coverage: Share = None, max_error: Share = None, unknown: Share = None,
    ) -> Response:  # fmt: skip
        """Label pictures: classes and calibrated probabilities, as linne predict gives them."""
        entry = state.models.get(model, "classifier")
        given = {"coverage": coverage, "max_error": max_error, "unknown": unknown}
        want = Want(top, explain, of, tuple((name, value) for name, value in given.items() if value is not None))
        async with _pictures(request, state) as (found, ticket):
            pictures = await _decoded(state, entry, found, ticket)
            answers = await state.queue.ask(entry.served, pictures, want, ticket)
        return _json({"model": entry.name, "predictions": answers}, _counted(state, entry, answers))

    @app.get("/models")
    async def models() -> JSONResponse:
        """Every model that is served, what each can be asked for, and how many pictures a request may bring."""
        return _json({"models": state.models.about(), "most": state.most.pictures})

    @app.post("/reload", openapi_extra=CHANGES, responses=told("reloaded"))
    async def reload() -> JSONResponse:
        """Open every model anew, and answer by it from then on; what is being answered is answered by the old one."""
        found = await state.reload()
        return _json(found, 409 if found["failed"] else 200)


def _galleries(app: FastAPI, state: State) -> None:
    @app.post("/identify", openapi_extra=BODY, responses=told("answers"))
    async def identify(
        request: Request, model: str = "", far: Annotated[float | None, Query(gt=0, lt=1)] = None
    ) -> Response:
        """Who is in each picture: an identity of the gallery, or "unknown"."""
        entry = state.models.get(model, "gallery")
        async with _pictures(request, state) as (found, ticket):
            pictures = await _decoded(state, entry, found, ticket)
            answers = await state.queue.call(lambda: entry.served.identify(pictures, far), ticket)
        return _json({"model": entry.name, **answers}, _counted(state, entry, answers["answers"]))

    @app.post("/enrol", openapi_extra=JSON_BODY, responses=told("holds"))
    async def enrol(
        request: Request, name: Annotated[str, Query(min_length=1, max_length=200)], model: str = ""
    ) -> Response:
        """Register pictures of one identity. Needs the token, JSON and the header x-linne."""
        entry = state.models.get(model, "gallery")
        async with _pictures(request, state) as (found, ticket):
            pictures = await _decoded(state, entry, found, ticket)
            answer = await state.queue.call(lambda: entry.served.enrol(pictures, name), ticket)
        state.metrics.pictures[entry.name, "enrolled"] += answer["pictures"]
        return _json({"model": entry.name, **answer})


def _health(app: FastAPI, state: State) -> None:
    @app.get("/livez")
    @app.get("/healthz")
    async def alive() -> JSONResponse:
        """Whether the process answers at all."""
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", responses={503: {"description": "Not now"}})
    async def ready() -> JSONResponse:
        """Whether requests should be sent here."""
        return JSONResponse({"ready": state.ready}, 200 if state.ready else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        """What was counted, as Prometheus reads it."""
        queue = state.queue
        gauges = {
            "linne_queue_pictures": queue.waiting, "linne_queue_limit": queue.limit, "linne_uploads": queue.uploads,
            "linne_held_bytes": queue.held, "linne_ready": int(state.ready),
            "linne_seconds_a_picture": queue.each, "linne_batches_total": queue.batches,
            "linne_batched_pictures_total": queue.batched, "linne_expired_total": queue.expired,
            "linne_left_total": queue.left, "linne_decoders_replaced_total": state.pool.fell,
            "process_resident_memory_bytes": resident(),
        }  # fmt: skip
        return PlainTextResponse(state.metrics.text(gauges), media_type=TYPE)


def _pages(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(FILES / "try.html", media_type="text/html; charset=utf-8")

    @app.get("/static/{name}", include_in_schema=False)
    async def static(name: str) -> Response:
        kinds = {"try.js": "text/javascript; charset=utf-8", "try.css": "text/css; charset=utf-8"}
        if name not in kinds:
            raise Refused(404, "There is no such file.")
        return FileResponse(FILES / name, media_type=kinds[name])


def _json(value: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(plain(value), status)


def _errors(app: FastAPI, state: State) -> None:
    """Every mistake is answered as {"error": ...}."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        error.counted(request.scope)
        return JSONResponse({"error": error.told}, error.status, headers=dict(error.headers))

    @app.exception_handler(LinneError)
    async def mistaken(request: Request, error: LinneError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 422)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        said = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
        return JSONResponse({"error": "; ".join(said)}, 422)

    @app.exception_handler(HTTPException)
    async def plainly(request: Request, error: HTTPException) -> JSONResponse:
        told, path = str(error.detail), request.url.path[:100]
        if error.status_code == 404:
            told = f"There is no {path}. What there is stands in /openapi.json."
        elif error.status_code == 405:
            told = f"{request.method} came, and {path} takes {(error.headers or {}).get('Allow', 'others')}."
        return JSONResponse({"error": told}, error.status_code, headers=error.headers)

    @app.exception_handler(Unwanted)
    @app.exception_handler(ClientDisconnect)
    async def late(request: Request, error: Exception) -> JSONResponse:
        ticket: Ticket = request.scope["linne.ticket"]
        body: Body = request.scope[UPLOAD]
        if isinstance(error, Unwanted) and not ticket.gone:
            state.queue.expired += 1
        elif body.refused is None:  # else it was cut here, and is counted as that
            state.queue.left += 1
        return JSONResponse({"error": "It is too late for this one. Ask again."}, 503, headers={"retry-after": "1"})
