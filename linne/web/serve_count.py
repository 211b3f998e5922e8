"""Every request counted, those too that are refused before they reach the program, with the reason."""

import time
from collections.abc import Callable
from typing import Any

from .asgi import REASONS, USUAL, App, Message, Receive, Refused, Scope, Send, refuse
from .prompt import Prompt
from .serve_metrics import Metrics

FULL = Refused(503, "Too many connections are open. Ask again.", (("retry-after", "1"), ("connection", "close")),
               reason="connections")  # fmt: skip


class Counted:
    """ASGI middleware, outermost: requests by path and status, refusals by reason, seconds of what was answered.

    paths: that are counted by their names; others count as "other". leaving: whether connections are to be
    closed; after an error of ours this one is, and is said to be.
    """

    def __init__(
        self, app: App, metrics: Metrics, paths: "tuple[str, ...]", leaving: Callable[[], bool] = lambda: False
    ) -> None:
        self.app, self.metrics, self.paths, self.leaving = app, metrics, paths, leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, reasons = time.monotonic(), 0, list[str]()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if (self.leaving() or status == 500) and all(key != b"connection" for key, _ in message["headers"]):
                    message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        try:
            await self.app({**scope, REASONS: reasons}, receive, noted)
        finally:
            path = scope["path"] if scope["path"] in self.paths else "other"
            self.metrics.done(path, status, time.monotonic() - began)
            if status >= 400:
                self.metrics.turned_away(status, reasons[-1] if reasons else USUAL.get(status, "other"))


async def full(scope: Scope, receive: Receive, send: Send) -> None:
    """What is answered where too many connections are open."""
    await refuse(scope, receive, send, FULL)


class Telling(Prompt):
    """A connection of which is told what no program ever sees. most: connections at a time; crowded: what answers
    where there are more. count: called with the status and the reason of a refusal."""

    def __init__(self, *given: Any, most: int, crowded: App, count: Callable[[int, str], None], **more: Any) -> None:
        super().__init__(*given, **more)
        self._most, self._usual, self._crowded, self.refused = most, self.app, crowded, count  # type: ignore[method-assign]

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self.app = self._usual if len(self.connections) <= self._most else self._crowded  # type: ignore[assignment]
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self.refused(400, "no HTTP")
        super().send_400_response(msg)
