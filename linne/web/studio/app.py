"""The studio's server: routes that are found by themselves, the page's own files, the guard before all of it."""

import errno
import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from ...core.errors import LinneError, RunError
from ...core.names import printable
from ...core.run import Run
from ..guard import Policy, guard
from ..serve_open import mistakes
from . import routes
from .here import Studio
from .project import Gone
from .static_files import STATIC

FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def app(here: Studio) -> FastAPI:
    """The program without its guard; /openapi.json tells its routes."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        here.jobs.again(lambda told: here.use(Run(told["run"])))
        yield
        here.jobs.close()
        here.thumbs.close()
        here.large.close()

    made = FastAPI(title="Linne studio", version=version("linne"), lifespan=life, docs_url=None, redoc_url=None,
                   responses=mistakes(400, 401, 403, 404, 409, 413, 415, 421, 422, 507))  # fmt: skip
    made.state.studio = here
    made.add_exception_handler(LinneError, _told)
    made.add_exception_handler(RequestValidationError, _shaped)
    made.add_exception_handler(OSError, _full)
    for found in sorted(pkgutil.iter_modules(routes.__path__), key=lambda one: one.name):
        if not found.name.startswith("_"):
            made.include_router(importlib.import_module(f"{routes.__name__}.{found.name}").router)
    made.add_api_route("/", _page, include_in_schema=False)
    made.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    made.mount("/static", StaticFiles(directory=STATIC), "static")
    return made


def guarded(here: Studio, policy: Policy) -> Any:
    """The program as it is served."""
    return guard(app(here), policy)


async def _told(_: Request, error: Exception) -> JSONResponse:
    """What a person can put right, as the page shows it."""
    status = 404 if isinstance(error, Gone) else 409 if isinstance(error, RunError) else 400
    if isinstance(error.__cause__, OSError) and isinstance(error, RunError):
        status = 507
    return JSONResponse({"error": str(error)}, status)


async def _full(_: Request, error: Exception) -> JSONResponse:
    """A disk without room, wherever something beside the overlay was to be written."""
    if not isinstance(error, OSError) or error.errno not in FULL:
        raise error
    where = printable(str(error.filename or "a file"))
    return JSONResponse({"error": f"The disk is full: {where} could not be written. Free some space."}, 507)


async def _shaped(_: Request, error: Exception) -> JSONResponse:
    """What is wrong with a request's shape; what came is not said again: it need not be text that can be sent."""
    wrong = error.errors() if isinstance(error, RequestValidationError) else []
    told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong[:5]]
    return JSONResponse({"error": printable("; ".join(told))}, 422)


async def _page() -> Response:
    return FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})


async def _icon() -> Response:
    return FileResponse(STATIC / "icon.png")
