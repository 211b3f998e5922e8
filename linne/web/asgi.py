"""ASGI in types, and how a request is refused: at once, before its body is read, and so that the client hears it."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = tuple[tuple[str, str], ...]

DRAINED, LINGERING, PATIENCE = 512 << 10, 4 << 20, 0.5
"""Bytes of a small body, which is read before its request is refused; of a large one, read after; and the seconds that
either may take. Closed at once, a client that is sending meets a reset connection and never the answer."""


REASONS = "linne.reasons"
"""In a scope: the list to which the reason of a refusal is added, where somebody counts them."""
USUAL = {400: "malformed", 401: "token", 404: "not there", 405: "method", 408: "slow", 413: "large", 415: "type",
         421: "host", 422: "not possible", 503: "busy"}  # fmt: skip
"""The reason of a refusal by its status, where there is only one."""


class Refused(Exception):
    """A request that is not let in. status: of HTTP. told: what came, what is allowed. headers: beside the answer.
    reason: one of a few, by which refusals are counted; the status's own where nothing is said."""

    def __init__(self, status: int, told: str, headers: Headers = (), *, reason: str = "") -> None:
        super().__init__(told)
        self.status, self.told, self.headers = status, told, headers
        self.reason = reason or USUAL.get(status, "other")

    def counted(self, scope: Scope) -> None:
        """Leave the reason for whoever counts."""
        if (reasons := scope.get(REASONS)) is not None:
            reasons.append(self.reason)


def header(scope: Scope, name: str) -> str:
    """A request header's value, "" where it is not there; several are joined by commas, as HTTP says."""
    wanted = name.encode("latin-1")
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == wanted)


def length(scope: Scope) -> int:
    """The body's length as declared; 0 where there is none, -1 where it is not told (chunked) or no number."""
    told = header(scope, "content-length")
    if not told:
        return -1 if header(scope, "transfer-encoding") else 0
    return int(told) if told.isascii() and told.isdigit() else -1


async def refuse(scope: Scope, receive: Receive, send: Send, why: Refused, *, read: bool = False) -> None:
    """Answer with the reason as {"error": ...}; a small body is read away first, of a large one a bounded part.

    read: the body was read already. A WebSocket is closed before it opens.
    """
    why.counted(scope)
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why.told[:120]})
        return
    declared = 0 if read else length(scope)
    short = 0 <= declared <= DRAINED
    whole = read or (short and await drain(receive, declared))
    body = json.dumps({"error": why.told}, ensure_ascii=False).encode()
    told = (*why.headers, ("content-type", "application/json"), ("content-length", str(len(body))))
    await send(start(why.status, told if whole else (*told, ("connection", "close"))))
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if not whole and not short:  # the answer is on its way; what is still coming is read for a moment
        await drain(receive, LINGERING)
    await send({"type": "http.response.body", "body": b""})


def start(status: int, headers: Iterable[tuple[str, str]]) -> Message:
    """The message that begins an answer."""
    encoded = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers]
    return {"type": "http.response.start", "status": status, "headers": encoded}


async def drain(receive: Receive, most: int) -> bool:
    """Read a body away: at most so many bytes, for PATIENCE seconds. Whether its end was reached."""
    read = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while read <= most:
                message = await receive()
                if message["type"] != "http.request":
                    return False
                read += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return True
    return False
