"""Bodies: what is uploaded is counted as it streams and cut at the limit; a client that dawdles is not waited for."""

import asyncio
import time
from dataclasses import dataclass, field

from .asgi import App, Message, Receive, Refused, Scope, Send, length, refuse

MEGA = 1 << 20


@dataclass(frozen=True)
class Sizes:
    """How large and how slow a body may be.

    most: bytes of a request. paths: other limits, by path. idle: seconds without a byte. rate: bytes a second that a
    body must keep up on average, after `grace` seconds.
    """

    most: int = 64 * MEGA
    paths: dict[str, int] = field(default_factory=dict)
    idle: float = 10.0
    grace: float = 10.0
    rate: float = 16_000.0

    def of(self, path: str) -> int:
        """The limit of a path in bytes."""
        return self.paths.get(path, self.most)


class Bodies:
    """ASGI middleware: answers 413 for a body over the limit and 408 for one that stops coming.

    What the program answers to a body that was cut is not sent; the program meets a client that has gone.
    """

    def __init__(self, app: App, sizes: Sizes = Sizes()) -> None:
        self.app, self.sizes = app, sizes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self.sizes.of(scope["path"])
        if length(scope) > most:
            await refuse(scope, receive, send, over(length(scope), most))
            return
        body = _Body(receive, send, self.sizes, most)
        try:
            await self.app(scope, body.receive, body.send)
        except Exception:
            if body.refused is None:
                raise
        if body.refused is not None and not body.started:
            await refuse({**scope, "headers": CHUNKED}, receive, send, body.refused)


CHUNKED = [(b"transfer-encoding", b"chunked")]
"""A body that was cut: how much is still coming is not known."""


def over(came: int, most: int) -> Refused:
    """What is said to a body that is too large. came: bytes, or what of them was read."""
    return Refused(
        413, f"{came:,} bytes came; at most {most:,} a request are taken. Send fewer or smaller pictures at once."
    )


class _Body:
    """One request's messages on their way to the program."""

    def __init__(self, receive: Receive, send: Send, sizes: Sizes, most: int) -> None:
        self._receive, self._send, self._sizes, self._most = receive, send, sizes, most
        self._read, self._began, self._whole = 0, 0.0, False
        self.refused: Refused | None = None
        self.started = False

    async def receive(self) -> Message:
        """The next message; http.disconnect where the body was refused."""
        if self.refused is not None:
            return {"type": "http.disconnect"}
        if self._whole:
            return await self._receive()
        self._began = self._began or time.monotonic()
        late = self._began + self._sizes.grace + self._read / self._sizes.rate - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, min(self._sizes.idle, late)))
        except TimeoutError:
            return self._cut(Refused(408, f"The body came too slowly: {self._read:,} bytes so far. Send it again."))
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._read > self._most:
                return self._cut(over(self._read, self._most))
        return message

    def _cut(self, why: Refused) -> Message:
        self.refused = why
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """An answer's message, unless the body was refused before the answer began."""
        if self.refused is not None and not self.started:
            return
        self.started = True
        await self._send(message)
