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

    What the program answers to a body that was cut is not sent; the program meets a client that has gone. It finds the
    body in its scope under UPLOAD, and may cut it itself, for others' sake.
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
        body = Body(receive, send, self.sizes, most)
        try:
            await self.app({**scope, UPLOAD: body}, body.receive, body.send)
        except Exception:
            if body.refused is None:
                raise
        if body.refused is not None and not body.started:
            await refuse({**scope, "headers": CHUNKED}, receive, send, body.refused)


UPLOAD = "linne.upload"
CHUNKED = [(b"transfer-encoding", b"chunked")]
"""A body that was cut: how much is still coming is not known."""


def over(came: int, most: int) -> Refused:
    """What is said to a body that is too large. came: bytes, or what of them was read."""
    return Refused(
        413, f"{came:,} bytes came; at most {most:,} a request are taken. Send fewer or smaller pictures at once."
    )


class Body:
    """One request's messages on their way to the program. read: bytes so far; whole: all of it is there."""

    def __init__(self, receive: Receive, send: Send, sizes: Sizes, most: int) -> None:
        self._receive, self._send, self._sizes, self._most = receive, send, sizes, most
        self._began = 0.0
        self._waiting: asyncio.Timeout | None = None
        self.read, self.whole, self.started = 0, False, False
        self.refused: Refused | None = None

    def cut(self, why: Refused) -> None:
        """Answer so, unless it was answered or refused already; whoever waits for the rest meets a client that left."""
        self.refused = self.refused or why
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def receive(self) -> Message:
        """The next message; http.disconnect where the body was refused."""
        if self.refused is not None:
            return {"type": "http.disconnect"}
        if self.whole:
            return await self._receive()
        self._began = self._began or time.monotonic()
        late = self._began + self._sizes.grace + self.read / self._sizes.rate - time.monotonic()
        message = await self._next(max(0.0, min(self._sizes.idle, late)))
        if self.refused is not None:
            return {"type": "http.disconnect"}
        if message is None:
            return self._cut(Refused(408, f"The body came too slowly: {self.read:,} bytes so far. Send it again."))
        if message["type"] == "http.request":
            self.read += len(message.get("body", b""))
            self.whole = not message.get("more_body", False)
            if self.read > self._most:
                return self._cut(over(self.read, self._most))
        return message

    async def _next(self, seconds: float) -> "Message | None":
        """The next message, None where it does not come in so many seconds or the body is cut meanwhile."""
        try:
            async with asyncio.timeout(seconds) as self._waiting:
                return await self._receive()
        except TimeoutError:
            return None
        finally:
            self._waiting = None

    def _cut(self, why: Refused) -> Message:
        self.refused = why
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """An answer's message, unless the body was refused before the answer began."""
        if self.refused is not None and not self.started:
            return
        self.started = True
        await self._send(message)
