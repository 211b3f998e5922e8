"""The server as a process: bound to one address, exchanged models on SIGHUP, and on SIGTERM nothing that was let in is
lost: it says that it is not ready, refuses what is new, answers what is in hand, and ends with 0."""

import asyncio
import errno
import ipaddress
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn

from ..core.errors import OptionError, RunError
from ..engine.log import Log
from .asgi import App
from .guard import LOOPBACK, Policy, Sizes, guard, secret
from .serve_app import KNOWN, Admission, State, program
from .serve_count import Counted, Telling, full

GRACE, LAST, HEARD, PATIENCE = 0.3, 0.2, 1.0, 30
"""Seconds after SIGTERM in which new requests are still heard and refused; for those that came as the door was closed;
the most for connections on which nothing was asked yet; and for what was let in."""
IDLE, CONNECTIONS = 75, 900
"""Seconds that a connection may be idle, more than the 60 of usual load balancers: what they send over one that was
just closed is lost; connections at a time."""
PLAIN = ("/predict", "/identify")
OPEN = ("/", "/static/", "/livez", "/healthz", "/readyz", "/openapi.json")
FREE = (*PLAIN, "/models", "/metrics")


@dataclass(frozen=True)
class Address:
    """Where a server listens and who may ask. token: that a person gave, "" none. open: anybody may ask without one.

    called: more names that requests may call it by. origins: other pages that may ask.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str = ""
    open: bool = False
    called: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def policy(self, sizes: Sizes, port: int) -> Policy:
        """Who is let in. Raises OptionError for an address that others can reach without a token or a word for it."""
        if not self.loopback and not self.token and not self.open:
            raise OptionError(
                f"--host {self.host} lets other machines ask. Give --token SECRET, which they must send, or --open "
                "where something before it checks who asks."
            )
        if self.token and self.open:
            raise OptionError("--open lets everybody ask, and --token those who have it. Give one of them.")
        if self.token and (len(self.token) < 16 or not self.token.isascii() or not self.token.isprintable()):
            raise OptionError("--token is at least 16 printable characters, as from: openssl rand -hex 16")
        if not all(one.startswith(("http://", "https://")) and one.count("/") == 2 for one in self.origins):
            raise OptionError(f"--origin {','.join(self.origins)!r}: a page's origin is like https://shop.example")
        named = f"[{self.host}]" if ":" in self.host else self.host.lower()
        own = () if self.host in ("0.0.0.0", "::") else (named,)
        names = dict.fromkeys((*LOOPBACK, *own, *(one.lower() for one in self.called)))
        return Policy(
            tuple(names), self.origins, self.token or secret(), (*OPEN, *(() if self.token else FREE)), PLAIN, sizes,
            cookie=f"linne-{port}", called="Start it with --called to allow another name.",
            paged="Start it with --origin to allow it.",
        )  # fmt: skip


def bound(address: Address) -> socket.socket:
    """A socket that listens there. Raises RunError where the port is taken or the address is not this machine's."""
    if not 0 <= address.port <= 65535:
        raise OptionError(f"--port {address.port}: a port is from 1 to 65535, or 0 for any that is free.")
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    made = socket.socket(family)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address.host, address.port))
        made.listen(2048)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise RunError(f"Port {address.port} is in use: something listens there already. Give another, say --port "
                           f"{address.port % 65535 + 1}, or --port 0 for any that is free.") from error  # fmt: skip
        raise RunError(f"{address.host}:{address.port} cannot be listened on: {error.strerror or error}.") from error
    made.setblocking(False)
    return made


class Server(uvicorn.Server):
    """uvicorn's server with this one's way to end. state: what it serves; stop(): end it from any thread."""

    def __init__(self, config: uvicorn.Config, state: State, listening: socket.socket, log: Log) -> None:
        super().__init__(config)
        self.state, self.listening, self.log = state, listening, log
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def capture_signals(self) -> Any:
        """Signals are the loop's own here: uvicorn's way ends with the signal's exit code."""
        yield

    async def startup(self, sockets: "Sequence[socket.socket] | None" = None) -> None:
        """Start decoders, the queue, and to listen."""
        self._loop = asyncio.get_running_loop()
        await self.state.pool.start()
        self.state.queue.start()
        await super().startup(sockets=list(sockets or ()))
        if threading.current_thread() is threading.main_thread():
            for name, step in (("SIGTERM", self.leave), ("SIGINT", self.leave), ("SIGHUP", self._reloads)):
                self._on(name, step)
        self.state.up = True

    def _on(self, name: str, step: Callable[[], None]) -> None:
        if (number := getattr(signal, name, None)) is None or self._loop is None:
            return
        loop = self._loop
        try:
            loop.add_signal_handler(number, step)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(step))

    def leave(self) -> None:
        """Begin to end; a second time at once."""
        if self.state.queue.draining:
            self.force_exit = self.should_exit = True
            return
        self.log.say("going down: what was let in is answered")
        self.state.queue.draining = True
        asyncio.get_running_loop().call_later(GRACE, lambda: setattr(self, "should_exit", True))

    def stop(self) -> None:
        """End it from another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.leave)

    def _reloads(self) -> None:
        async def reload() -> None:
            found = await self.state.reload()
            for name, why in found["failed"].items():
                self.log.say(f"{name} stays as it was: {why}")
            self.log.say(f"opened anew: {', '.join(found['reloaded']) or 'nothing'}")

        task = asyncio.get_running_loop().create_task(reload())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def shutdown(self, sockets: "Sequence[socket.socket] | None" = None) -> None:
        """Close the door behind the last that came, and answer what is in hand."""
        door = self.listening.dup()
        for server in self.servers:
            server.close()
        last = list[socket.socket]()
        with suppress(BlockingIOError):
            while True:
                last.append(door.accept()[0])
        door.close()
        for one in last:
            one.setblocking(False)
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, one)
        await asyncio.sleep(LAST)
        await self._heard()
        await super().shutdown(sockets=None)
        self.state.queue.stop()
        await self.state.pool.stop()

    async def _heard(self) -> None:
        """Wait for connections on which nothing was asked yet: a client that the machine gave no time to, between its
        connection and its request, would meet a closed one. 18 of 32 did once."""
        ends = time.monotonic() + HEARD
        while any(one.cycle is None for one in self.server_state.connections) and time.monotonic() < ends:  # type: ignore[union-attr]
            await asyncio.sleep(0.01)

    def _protocol(self) -> asyncio.Protocol:
        made: Any = self.config.http_protocol_class
        return made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def server(state: State, address: Address, log: Log) -> tuple[Server, Policy]:
    """A server that listens already and answers once it is run, and who is let in. Raises what Address.policy and
    `bound` raise."""
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it logs what a client sent
    sizes = Sizes(state.most.pictures * state.most.bytes, {"/reload": 4096})
    address.policy(sizes, 0)
    listening = bound(address)
    policy = address.policy(sizes, listening.getsockname()[1])
    inner: App = guard(Admission(program(state), state), policy)  # type: ignore[arg-type]
    app, crowded = (Counted(one, state.metrics, KNOWN, lambda: state.queue.draining) for one in (inner, full))
    protocol: Any = partial(Telling, most=CONNECTIONS, crowded=crowded, count=state.metrics.turned_away)
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="off", log_level="error", access_log=False, server_header=False,
        timeout_keep_alive=IDLE, timeout_graceful_shutdown=PATIENCE, proxy_headers=False,
    )  # fmt: skip
    return Server(config, state, listening, log), policy
