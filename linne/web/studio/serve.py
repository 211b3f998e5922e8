"""Opening a project and serving it: what it is made of, on which port, who else has it open, in which browser."""

import json
import shlex
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ...core.errors import LinneError, OptionError, RunError
from ...core.files import write_json
from ...core.load import load
from ...core.run import Run
from ...core.spec import parse
from ...engine.lock import Busy, lock
from .thumbs import home_of

FIRST, TRIED = 8600, 10
"""The first port that is tried where none is asked for, and how many after it."""


def pictures_of(run: Run) -> str:
    """The pictures that a run was trained on, as its command names them. Raises RunError where they are not there."""
    first = (run.path / "recipe.toml").read_text(encoding="utf-8").split("\n", 1)[0]
    words = shlex.split(first.removeprefix("#"))[2:3] if first.startswith("# linne train ") else []
    fix = f"Name them: linne studio PICTURES --run {run.path}"
    if not words:
        raise RunError(f"{run.path} does not say which pictures it was trained on. {fix}")
    try:
        load(words[0])
    except LinneError as error:
        raise RunError(f"The pictures of {run.path} are not at {words[0]!r} any more. {fix}") from error
    return words[0]


def overlay_of(source: str, root: "Path | None", given: str) -> Path:
    """Where decisions go: the file that was asked for, else NAME.labels.csv in this folder; never among the pictures.

    Raises OptionError for a file that is asked for among the pictures, or is no .csv.
    """
    path = Path(given) if given else Path(f"{_called(source) if root else 'pictures'}.labels.csv")
    if path.is_dir() or path.suffix.lower() not in (".csv", ".txt"):
        raise OptionError(f"overlay={str(path)!r} is no CSV file. Give one such as --overlay fixes.csv")
    inside = root is not None and root.is_dir() and path.resolve().is_relative_to(root.resolve())
    if inside and given:
        raise OptionError(f"overlay={given!r} lies among the pictures, and nothing is ever written there. "
                          f"Give one beside them: --overlay {root.resolve().parent / path.name}")  # type: ignore[union-attr] # fmt: skip
    return root.resolve().parent / path.name if inside and root is not None else path


def _called(source: str) -> str:
    """The name of a folder or file; of `several(labels.csv, ...)` that of the file."""
    if not Path(source).exists():
        with suppress(OptionError):
            source = next((str(one) for one in parse(source)[0].args), source)
    return Path(source).resolve().stem


def bound(port: int) -> socket.socket:
    """A socket on this machine alone. port: 0 for the first free one. Raises OptionError for one that is in use."""
    if not 0 <= port <= 65535:
        raise OptionError(f"port={port} is not there; ports go from 1 to 65535, and 0 takes a free one.")
    for one in [port] if port else [*range(FIRST, FIRST + TRIED), 0]:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(("127.0.0.1", one))
            made.listen(128)
            return made
        except OSError as error:
            made.close()
            if port:
                free = bound(0)
                number = free.getsockname()[1]
                free.close()
                raise OptionError(f"Port {port} cannot be had ({error.strerror}). Port {number} is free: "
                                  f"--port {number}; or leave --port out.") from error  # fmt: skip
    raise RunError("No port of this machine is free.")


@contextmanager
def alone(overlay: Path) -> Iterator[Path]:
    """The project's folder in the cache, held as long as it is open. Raises Busy that says where it is open already."""
    home = home_of(overlay)
    try:
        with lock(home):
            yield home
    except Busy as error:
        where = ""
        with suppress(OSError, ValueError, KeyError):
            where = f" at {json.loads((home / 'open.json').read_text(encoding='utf-8'))['address']}"
        raise Busy(f"{error.who} has a studio open{where} that writes {overlay}. Work there, or give another "
                   "--overlay.",
                   error.who) from error  # fmt: skip


def serve(here: Any, policy: Any, made: socket.socket, opens: bool, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C. The address holds the token behind its #, which no request carries."""
    import uvicorn

    from ..prompt import Prompt
    from .app import guarded

    address = f"http://127.0.0.1:{made.getsockname()[1]}/"
    write_json(here.home / "open.json", {"address": address})
    config = uvicorn.Config(
        guarded(here, policy), http=Prompt, log_level="warning", access_log=False, server_header=False, ws="none",
        timeout_graceful_shutdown=3, lifespan="on",
    )  # fmt: skip
    server = uvicorn.Server(config)
    whole = f"{address}#token={policy.token}"
    say(f"{len(here.project):,} pictures of {here.source}; decisions go to {here.project.overlay}")
    say(f"The studio is open at {whole}\nEnd it with Ctrl-C.")
    threading.Thread(target=here.project.verify, name="verify", daemon=True).start()
    if opens:
        threading.Thread(target=_open, args=(server, whole, say), name="browser", daemon=True).start()
    with suppress(KeyboardInterrupt):
        server.run([made])


def _open(server: Any, address: str, say: Callable[[str], None]) -> None:
    """Open the page in a browser as soon as it is served."""
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    if not webbrowser.open(address):
        say("No browser could be opened here: open the address above in one yourself.")
