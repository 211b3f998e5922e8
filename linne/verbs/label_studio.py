"""linne label_studio: answers Label Studio, and keeps what is labelled there."""

import getpass
import os
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import MissingExtra
from ..core.load import load
from ..core.run import Run
from ..engine.log import Log


@dataclass(frozen=True)
class Ended:
    """What a server leaves behind. overlay: where decisions are; figures: of the project."""

    overlay: Path
    figures: dict[str, Any]

    def text(self) -> str:
        """For a terminal."""
        return f"Ended. {self.figures['decided']:,} pictures are decided in {self.overlay}."

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"overlay": str(self.overlay), "figures": self.figures}


def label_studio(
    images: str | Path,
    *,
    run: str | Path = "",
    overlay: str = "",
    port: int = 9090,
    host: str = "127.0.0.1",
    token: str = "",
    called: str = "",
    log: Log | None = None,
) -> Ended:
    """Be Label Studio's ML backend: predictions for its tasks, its annotations into the overlay, training when asked.

    In Label Studio: Settings, Model, Connect model: this address, basic authentication with any user and the token as
    the password. For annotations: Settings, Webhooks: the address with /webhook and the header Authorization: Bearer
    TOKEN. Tasks name pictures of this project; addresses are never fetched. Ctrl-C ends it.

    Parameters
    ----------
    images
        A folder (with a folder per class, or just pictures), a table or a named set: what the tasks show.
    run
        A finished run whose answers are given; without one there are none until Label Studio starts a training.
    overlay
        The CSV that decisions go to, made where it is not there; NAME.labels.csv in this folder when not given.
    port
        Where it listens; 0 for any that is free.
    host
        127.0.0.1 is reached by this machine alone; another one needs --token.
    token
        What Label Studio must send; $LINNE_TOKEN is as good, and no other user sees it. One is made and printed when
        not given.
    called
        Other names that Label Studio may call this server by, with commas between: host.docker.internal,10.0.0.7
    """
    try:
        from ..web.annotate import Backend, guarded
        from ..web.guard import Sizes
        from ..web.serve_run import Address, bound
        from ..web.studio.jobs import Jobs
        from ..web.studio.project import Project, checked
        from ..web.studio.serve import alone, overlay_of
    except ImportError as error:
        raise MissingExtra("linne label_studio", "serve") from error
    log = log or Log(quiet=True)
    trained = Run(run) if run else None
    secret, names = token or os.environ.get("LINNE_TOKEN", ""), tuple(filter(None, map(str.strip, called.split(","))))
    address = Address(host, port, secret, called=names)
    policy = address.policy(Sizes(most=32 << 20), port)
    pictures = checked(load(str(images)))
    path = overlay_of(str(images), pictures.root, overlay)
    with alone(path), closing(bound(address)) as listening:
        project = Project(pictures, path, _account())
        backend = Backend(project, Jobs(), str(images), trained, log.say)
        log.say(f"{len(pictures):,} pictures of {images}; decisions go to {path}")
        log.say(f"Label Studio's model address: http://{host}:{listening.getsockname()[1]}")
        if not secret:
            log.say(f"password (any user), or Authorization: Bearer {policy.token}")
        _serve(guarded(backend, policy), listening)
        return Ended(path, project.figures())


def _serve(program: Any, listening: Any) -> None:
    """Until Ctrl-C or SIGTERM."""
    import uvicorn

    from ..web.prompt import Prompt

    config = uvicorn.Config(program, http=Prompt, log_level="warning", access_log=False, server_header=False, ws="none",
                            timeout_graceful_shutdown=10, lifespan="on")  # fmt: skip
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run([listening])


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
