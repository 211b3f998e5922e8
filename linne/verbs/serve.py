"""linne serve: runs and galleries answer over HTTP."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..core.ask import Ask
from ..core.errors import MissingExtra, OptionError, nearest
from ..core.recipe import setting
from ..core.run import Run
from ..engine.log import Log


@dataclass(frozen=True)
class Serving(Ask):
    """How runs answer, and how the server does."""

    called: str = setting("", "other names that requests may call this server by: photos.example,10.0.0.7")
    origin: str = setting("", "pages of elsewhere that may ask, with commas between: https://shop.example")
    open: bool = setting(False, "with --host: other machines may ask without a token")
    deadline: float = setting(1.0, "seconds in which an answer is due; what could not be answered in time is refused")
    most: int = setting(64, "pictures in a request")
    megabytes: int = setting(20, "of one picture")
    decoders: int = setting(0, "processes that decode; as many as processors when not given")


OPTIONS = Serving
OWN = tuple(each.name for each in fields(Serving) if each.name not in {one.name for one in fields(Ask)})


class Ended:
    """A server that was ended; `answered` requests."""

    def __init__(self, answered: int, refused: int) -> None:
        self.answered, self.refused = answered, refused

    def text(self) -> str:
        """What it did."""
        return f"{self.answered:,} requests answered, {self.refused:,} refused"

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"answered": self.answered, "refused": self.refused}


def serve(
    what: str | Path | Run | Sequence[Any],
    *,
    port: int = 8000,
    host: str = "127.0.0.1",
    token: str = "",
    log: Log | None = None,
    **how: Any,
) -> Any:
    """Serve runs and galleries over HTTP: POST /predict, /identify and /enrol; a page to try it is at its address.

    SIGTERM and Ctrl-C end it after what was let in is answered; SIGHUP opens every model anew, and no request is lost.

    Parameters
    ----------
    what
        Runs and galleries, one or several; name=runs/a gives one another name than its folder's.
    port
        Where it listens; 0 for any that is free.
    host
        127.0.0.1 is reached by this machine alone; another one needs --token, or --open.
    token
        What every request must carry (Authorization: Bearer ...); $LINNE_TOKEN is as good, and no other user sees it.
        When not given, one is made for what changes anything, and printed.
    """
    log, ask, own = log or Log(), *_parted(how)
    given = [what] if isinstance(what, (str, Path, Run)) else list(what)
    if not given:
        raise OptionError("Name a run or a gallery: linne serve runs/a")
    try:
        from ..web.serve_app import State
        from ..web.serve_decode import Pool
        from ..web.serve_forms import Most
        from ..web.serve_models import Models
        from ..web.serve_queue import Queue
        from ..web.serve_run import Address, server
    except ImportError as error:
        raise MissingExtra("linne serve", "serve") from error
    secret = token or os.environ.get("LINNE_TOKEN", "")
    address = Address(host, port, secret, own.open, _listed(own.called), _listed(own.origin))
    models = Models(given, ask, log)
    pool = Pool(own.decoders)
    state = State(models, Queue(own.deadline, lambda: pool.busy), pool, Most(own.most, own.megabytes << 20))
    running, policy = server(state, address, log)
    _say(log, running.listening.getsockname(), policy.token, bool(secret), models)
    running.run(sockets=[running.listening])
    done = state.metrics.requests
    return Ended(
        *(sum(n for (_, status), n in done.items() if (200 <= status < 300) == good) for good in (True, False))
    )


def _parted(how: dict[str, Any]) -> tuple[Ask, Serving]:
    """The ways to answer, and the server's own. Raises OptionError for what is not there or not allowed."""
    for name in how:
        if name not in {each.name for each in fields(Serving)}:
            raise OptionError(f"linne serve has no option {name!r}. {nearest(name, [f.name for f in fields(Serving)])}")
    own = Serving(**{name: how[name] for name in OWN if name in how})
    for name, least, most in (("deadline", 0.05, 600), ("most", 1, 10_000), ("megabytes", 1, 64), ("decoders", 0, 256)):
        if not least <= getattr(own, name) <= most:
            raise OptionError(f"--{name} {getattr(own, name)} is not allowed: it is from {least:g} to {most:g}.")
    return Ask.of({name: value for name, value in how.items() if name not in OWN}, "linne serve"), own


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _say(log: Log, place: tuple[Any, ...], token: str, given: bool, models: Any) -> None:
    """Where it is, what it answers by, and the secret that was made."""
    host = f"[{place[0]}]" if ":" in place[0] else place[0]
    page = f"http://{host}:{place[1]}/"
    for one in models.entries.values():
        log.say(f"{one.name}: {one.served.kind}, {one.served.ran}")
    log.say(f"listening: {page}" if given else f"listening: {page}#token={token}")
    if not given:
        log.say(f"what changes anything (/enrol, /reload) needs: Authorization: Bearer {token}")
