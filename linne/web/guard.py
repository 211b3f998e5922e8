"""The guard before every local page and server: who may ask, from where, with which secret. Pure ASGI.

A page of another site can make a browser send requests to this machine, and a name of its own can be made to point
here (rebinding). So Host and Origin are compared with lists; what changes anything needs a header and a content type
that a page elsewhere cannot send without being asked about it first, which is never allowed. The secret stands behind
the # of the printed address, where no request carries it, and is exchanged for a cookie that scripts cannot read.
"""

import hmac
import json
import re
import secrets
from dataclasses import dataclass, field

from .asgi import App, Headers, Message, Receive, Refused, Scope, Send, header, refuse, start
from .bodies import Bodies, Sizes

__all__ = ["EXCHANGE", "LOOPBACK", "MARK", "Bodies", "Policy", "Refused", "Sizes", "guard", "secret"]

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MARK = "x-linne"
"""The header that what changes anything must carry, with any value: no form and no link can send it."""
EXCHANGE = "/session"
"""Where the secret is exchanged for a cookie: POST {"token": ...}."""
SAFE = ("GET", "HEAD", "OPTIONS")
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")
CSP = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"  # fmt: skip # noqa: E501
HEADERS: Headers = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(self), microphone=(), geolocation=()"),
)


def secret() -> str:
    """A secret of 128 bits, fit for an address."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Policy:
    """What a server lets in.

    hosts: names that a request may call this server by, without a port. origins: other pages that may ask, such as
    "https://shop.example" ("" none). token: the secret, "" where none is needed. open: paths that need no token (a
    page's own files, or all that is for everybody); one that ends with "/" stands for all below it.
    plain: paths whose POST changes nothing and may come as a form. sizes: of bodies. cookie: its name, which must tell
    two servers of a machine apart: cookies know no ports. csp: what pages may load. called, paged: what a person does
    to let in another name, and another page, a sentence each; "" where nothing does.
    """

    hosts: tuple[str, ...] = LOOPBACK
    origins: tuple[str, ...] = ()
    token: str = ""
    open: tuple[str, ...] = ("/",)
    plain: tuple[str, ...] = ()
    sizes: Sizes = Sizes()
    cookie: str = "linne"
    csp: str = CSP
    called: str = ""
    paged: str = ""
    session: str = field(default_factory=secret, repr=False)
    """The cookie's value; whoever reads it knows nothing of the token."""

    def is_open(self, path: str) -> bool:
        """Whether a path needs no token."""
        return any(path == one or (len(one) > 1 and one.endswith("/") and path.startswith(one)) for one in self.open)


def guard(app: App, policy: Policy) -> App:
    """The program behind every check; bodies are counted last, next to the program."""
    return Guard(Bodies(app, policy.sizes), policy)


class Guard:
    """ASGI middleware: hosts, origins, token and what changes need, checked before a byte of the body is read."""

    def __init__(self, app: App, policy: Policy) -> None:
        self.app, self.policy = app, policy
        self.exchange = Bodies(self._exchange, Sizes(most=4096))
        self.added = {foreign: added(policy, foreign) for foreign in ("", *policy.origins)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        shown = _Shown(send, self.added.get(header(scope, "origin"), self.added[""]))
        try:
            host_of(scope, self.policy)
            came_from(scope, self.policy)
            if _asks_first(scope):
                await self._preflight(shown.send)
                return
            if scope["type"] == "http" and scope["path"] == EXCHANGE and scope["method"] == "POST":
                changes(scope, self.policy)
                await self.exchange(scope, receive, shown.send)
                return
            known(scope, self.policy)
            changes(scope, self.policy)
        except Refused as why:
            await refuse(scope, receive, shown.send, why)
            return
        await self.app(scope, receive, shown.send)

    async def _preflight(self, send: Send) -> None:
        """An allowed page of elsewhere asks whether it may."""
        told = (("access-control-allow-methods", "GET, POST"), ("access-control-max-age", "600"),
                ("access-control-allow-headers", f"authorization, content-type, x-deadline, {MARK}"))  # fmt: skip
        await send(start(204, told))
        await send({"type": "http.response.body", "body": b""})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            given = await _token_in(receive)
            if not self.policy.token or not hmac.compare_digest(given.encode(), self.policy.token.encode()):
                told = "That is not the token that this server printed when it was started."
                raise Refused(403, told, reason="token")
        except Refused as why:
            await refuse(scope, receive, send, why, read=True)
            return
        secure = "; Secure" if header(scope, "origin").startswith("https:") else ""
        cookie = f"{self.policy.cookie}={self.policy.session}; HttpOnly; SameSite=Strict; Path=/{secure}"
        await send(start(204, (("set-cookie", cookie), ("cache-control", "no-store"))))
        await send({"type": "http.response.body", "body": b""})


def host_of(scope: Scope, policy: Policy) -> str:
    """The name that a request calls this server by. Raises Refused unless there is exactly one Host header and its name
    is on the list, to the letter."""
    told = [value.decode("latin-1") for key, value in scope["headers"] if key == b"host"]
    match = HOST.fullmatch(told[0]) if len(told) == 1 else None
    if match is None or match[1].lower() not in policy.hosts:
        named = f"This server is not called {', '.join(told)[:100]!r}. Ask it by: {', '.join(policy.hosts)}."
        raise Refused(421, f"{named} {policy.called}".rstrip())
    return told[0]


def came_from(scope: Scope, policy: Policy) -> None:
    """Raise Refused for what a page of elsewhere sends: its origin is neither this server by the name it was asked by,
    which is on the list, nor one that is allowed; or the browser says that it is of another site."""
    origins = [value.decode("latin-1") for key, value in scope["headers"] if key == b"origin"]
    if len(origins) == 1 and origins[0] in policy.origins:
        return
    host = header(scope, "host")
    if origins and (len(origins) > 1 or origins[0] not in (f"http://{host}", f"https://{host}")):
        named = f"A page of {origins[0][:100]!r} may not ask this server. {policy.paged}".rstrip()
        raise Refused(403, named, reason="origin")
    site = header(scope, "sec-fetch-site")
    visited = scope.get("method") in ("GET", "HEAD") and header(scope, "sec-fetch-mode") == "navigate"
    if site and site not in ("same-origin", "none") and not visited:
        told = "Another page made the browser ask this. It is answered to its own pages alone."
        raise Refused(403, told, reason="site")


def known(scope: Scope, policy: Policy) -> None:
    """Raise Refused (401) where a token is needed, and neither the Authorization header nor the cookie has it."""
    if not policy.token or policy.is_open(scope["path"]) or authorised(scope, policy):
        return
    raise Refused(401, "The token that this server printed is missing or wrong. Send: Authorization: Bearer TOKEN",
                  (("www-authenticate", "Bearer"),))  # fmt: skip


def authorised(scope: Scope, policy: Policy) -> bool:
    """Whether a request carries the token or the cookie that it was exchanged for; compared in constant time."""
    if not policy.token:
        return False
    kind, _, given = header(scope, "authorization").partition(" ")
    if kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), policy.token.encode()):
        return True
    parts = (part.strip().partition("=") for part in header(scope, "cookie").replace(",", ";").split(";"))
    values = [value for name, _, value in parts if name == policy.cookie]
    return any(hmac.compare_digest(value.encode(), policy.session.encode()) for value in values)


def changes(scope: Scope, policy: Policy) -> None:
    """Raise Refused for what may change something without the header and content type that only own pages can send."""
    if scope["type"] != "http" or scope["method"] in SAFE or scope["path"] in policy.plain:
        return
    if not header(scope, MARK):
        raise Refused(403, f"This changes something, and needs the header {MARK}: 1.", reason="header")
    kind = header(scope, "content-type").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, f"Content type {kind[:100]!r} came; this takes application/json.")


def _asks_first(scope: Scope) -> bool:
    return scope.get("method") == "OPTIONS" and bool(header(scope, "access-control-request-method"))


async def _token_in(receive: Receive) -> str:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    try:
        return str(json.loads(body)["token"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused(422, 'Expected {"token": "..."}.') from error


def added(policy: Policy, foreign: str) -> "tuple[tuple[bytes, bytes], ...]":
    """The headers of every answer. foreign: another page's origin that may ask, "" for own pages."""
    told = [*HEADERS, ("content-security-policy", policy.csp), ("cache-control", "no-store")]
    told.append(("cross-origin-resource-policy", "cross-origin" if foreign else "same-origin"))
    if foreign:
        told += [("access-control-allow-origin", foreign), ("access-control-expose-headers", "retry-after")]
    if policy.origins:
        told.append(("vary", "origin"))
    return tuple((key.encode(), value.encode("latin-1")) for key, value in told)


class _Shown:
    """Puts the headers that every answer has on its way out."""

    def __init__(self, send: Send, added: "tuple[tuple[bytes, bytes], ...]") -> None:
        self._send, self._added = send, added

    async def send(self, message: Message) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start":
            there = {key.lower() for key, _ in message["headers"]}
            new = (pair for pair in self._added if pair[0] not in there)
            message = {**message, "headers": [*message["headers"], *new]}
        await self._send(message)
