"""The guard before local pages: every way in that a page elsewhere has is refused before the program is reached."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import uvicorn

from linne.web.guard import EXCHANGE, MARK, Policy, Sizes, guard
from tests.waiting import until

SECRET = "s3cr3t-s3cr3t-s3cr3t"


class Counting:
    """A program that counts what reached it and reads the body to its end."""

    def __init__(self) -> None:
        self.reached, self.read = 0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        self.reached += 1
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        more = True
        while more:
            message = await receive()
            self.read += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"<b>in</b>"})


def ask(policy: Policy, method: str, path: str, headers: list[tuple[str, str]], kind: str = "http") -> tuple[Any, int]:
    """(the messages that came back, how often the program was reached) of one request without a body."""
    program, out = Counting(), list[Any]()
    raw = [(key.lower().encode(), value.encode("latin-1")) for key, value in headers]
    scope = {"type": kind, "path": path, "headers": raw, "query_string": b""} | (
        {"method": method} if kind == "http" else {}
    )

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        out.append(message)

    asyncio.run(guard(program, policy)(scope, receive, send))  # type: ignore[arg-type]
    return out, program.reached


HOME = ("Host", "127.0.0.1:8000")
TOKEN = ("Authorization", f"Bearer {SECRET}")
JSON, OWN = ("Content-Type", "application/json"), (MARK, "1")
GOOD = [HOME, TOKEN, JSON, OWN]


def without(*names: str) -> list[tuple[str, str]]:
    return [pair for pair in GOOD if pair[0] not in names]


FORGED = {
    "no host": without("Host"),
    "two hosts": [*GOOD, ("Host", "127.0.0.1")],
    **{
        f"host {name}": [("Host", name), *without("Host")]
        for name in (
            "evil.example", "127.0.0.1.evil", "127.0.0.1.evil:8000", "evil.127.0.0.1", "[::ffff:127.0.0.1]",
            "localhost.evil", "localhost@evil", "127.0.0.1:8000@evil", "127.1", "2130706433", "0.0.0.0", "[::]", "",
            "[::1",
            "127.0.0.1:8000:9", "127.0.0.1:999999", "127.0.0.1, evil", "localhost.", "127.0.0.1\\evil", "::1", " ",
            "127.0.0.1/evil",
        )
    },
    **{
        f"origin {name}": [*GOOD, ("Origin", name)]
        for name in (
            "http://evil.example", "null", "http://localhost:8000", "http://127.0.0.1:9000", "http://127.0.0.1", "",
            "ftp://127.0.0.1:8000", "http://127.0.0.1:8000.evil", "HTTP://evil", "http://127.0.0.1:8000/",
        )
    },
    "two origins": [*GOOD, ("Origin", "http://127.0.0.1:8000"), ("Origin", "http://127.0.0.1:8000")],
    "cross-site": [*GOOD, ("Sec-Fetch-Site", "cross-site")],
    "another port of this machine": [*GOOD, ("Sec-Fetch-Site", "same-site")],
    "no token": without("Authorization"),
    "wrong token": [*without("Authorization"), ("Authorization", "Bearer wrong")],
    "part of the token": [*without("Authorization"), ("Authorization", f"Bearer {SECRET[:-1]}")],
    "token as basic": [*without("Authorization"), ("Authorization", f"Basic {SECRET}")],
    "the token as cookie": [*without("Authorization"), ("Cookie", f"linne={SECRET}")],
    "cookie of another server": [*without("Authorization"), ("Cookie", "linne=;linne=x; other=y")],
    "no header of our own": without(MARK),
    "a form": [*without("Content-Type"), ("Content-Type", "application/x-www-form-urlencoded")],
    "text": [*without("Content-Type"), ("Content-Type", "text/plain")],
    "no content type": without("Content-Type"),
    "a name like json": [*without("Content-Type"), ("Content-Type", "application/jsonp; application/json")],
}  # fmt: skip


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_changes_anything_is_asked_by_own_pages_alone(method: str) -> None:
    policy = Policy(token=SECRET)
    assert ask(policy, method, "/label", GOOD)[1] == 1, "what is right goes through, or nothing below shows anything"
    own = [*GOOD, ("Origin", "http://127.0.0.1:8000"), ("Sec-Fetch-Site", "same-origin")]
    assert ask(policy, method, "/label", own)[1] == 1
    for name, headers in FORGED.items():
        out, reached = ask(policy, method, "/label", headers)
        assert reached == 0, name
        assert 400 <= out[0]["status"] < 500, name
        assert "error" in json.loads(out[1]["body"]), name


def test_reading_needs_host_origin_and_token_too() -> None:
    policy = Policy(token=SECRET)
    for name, headers in FORGED.items():
        if not any(word in name for word in ("own", "form", "text", "content type", "json")):
            assert ask(policy, "GET", "/pictures", headers)[1] == 0, name
            assert ask(policy, "", "/live", headers, "websocket")[1] == 0, name
    assert ask(policy, "GET", "/pictures", [HOME, TOKEN])[1] == 1
    assert ask(policy, "", "/live", [HOME, TOKEN, ("Origin", "http://127.0.0.1:8000")], "websocket")[1] == 1


def test_open_paths_need_no_token_and_still_the_right_name() -> None:
    policy = Policy(token=SECRET, open=("/", "/static/", "/livez"), plain=("/predict",))
    for path in ("/", "/static/app.js", "/livez"):
        assert ask(policy, "GET", path, [HOME])[1] == 1, path
    for path in ("/statics", "/anything", "//", "/livezz", "/livez/x"):
        assert ask(policy, "GET", path, [HOME])[1] == 0, path
    assert ask(policy, "GET", "/", [("Host", "evil.example")])[1] == 0
    link = [HOME, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]
    assert ask(policy, "GET", "/", link)[1] == 1, "a link from elsewhere may open the page"
    assert ask(policy, "POST", "/predict", [*link, TOKEN])[1] == 0
    assert ask(policy, "POST", "/predict", [HOME, TOKEN, ("Content-Type", "image/jpeg")])[1] == 1


def test_a_name_is_the_same_in_capitals() -> None:
    assert ask(Policy(token=SECRET), "GET", "/x", [("Host", "LOCALHOST:8000"), TOKEN])[1] == 1


def test_the_cookie_counts_by_its_own_name_alone() -> None:
    """Cookies know no ports: another server of this machine has one of the same kind."""
    policy = Policy(token=SECRET, cookie="linne-8000", session="of-this-server")
    right = ("linne-8000=of-this-server", "a=b; linne-8000=of-this-server")
    for cookies in (*right, "linne-9000=of-this-server", "linne-8000=of-another", "linne-8000="):
        assert ask(policy, "GET", "/x", [HOME, ("Cookie", cookies)])[1] == (cookies in right), cookies
    apart = [("Cookie", "a=b"), ("Cookie", right[0])]
    assert ask(policy, "GET", "/x", [HOME, *apart])[1] == 1, "in headers of their own, as HTTP/2 sends them"


def exchanged(policy: Policy, token: str, *headers: tuple[str, str]) -> Any:
    """The first message of the answer to a token that is handed in."""
    out = list[Any]()

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps({"token": token}).encode()}

    async def send(message: Any) -> None:
        out.append(message)

    raw = [(key.lower().encode(), value.encode()) for key, value in (HOME, JSON, OWN, *headers)]
    scope = {"type": "http", "method": "POST", "path": EXCHANGE, "headers": raw}
    asyncio.run(guard(Counting(), policy)(scope, receive, send))  # type: ignore[arg-type]
    return out[0]


def test_a_cookie_is_given_for_the_token_alone_and_over_https_for_https() -> None:
    assert exchanged(Policy(token=""), "")["status"] == 403, "where no token is needed none is right"
    for origin, secure in (("http://127.0.0.1:8000", False), ("https://127.0.0.1:8000", True)):
        told = exchanged(Policy(token=SECRET), SECRET, ("Origin", origin))
        assert told["status"] == 204
        assert dict(told["headers"])[b"set-cookie"].endswith(b"; Secure") is secure


def test_what_the_program_says_of_an_answer_is_not_said_twice() -> None:
    async def program(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"cache-control", b"no-cache"), (b"Content-Security-Policy", b"sandbox")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    out = list[Any]()

    async def send(message: Any) -> None:
        out.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(guard(program, Policy())(scope, send, send))  # type: ignore[arg-type]
    keys = [key.lower() for key, _ in out[0]["headers"]]
    assert len(keys) == len(set(keys))
    assert dict(out[0]["headers"])[b"cache-control"] == b"no-cache"


def test_every_answer_has_the_headers() -> None:
    for headers in ([HOME, TOKEN], [("Host", "evil")], [HOME]):
        told = dict(ask(Policy(token=SECRET), "GET", "/x", headers)[0][0]["headers"])
        assert told[b"x-content-type-options"] == b"nosniff"
        assert told[b"x-frame-options"] == b"DENY"
        assert b"default-src 'self'" in told[b"content-security-policy"]
        assert b"unsafe" not in told[b"content-security-policy"]
        assert b"access-control-allow-origin" not in told
        assert told[b"cross-origin-resource-policy"] == b"same-origin"


def test_a_foreign_page_that_is_allowed_by_name_may_ask_without_cookies() -> None:
    policy = Policy(origins=("https://shop.example",), open=("/", "/predict"), plain=("/predict",))
    asked = [HOME, ("Origin", "https://shop.example"), ("Sec-Fetch-Site", "cross-site")]
    told = dict(ask(policy, "POST", "/predict", asked)[0][0]["headers"])
    assert told[b"access-control-allow-origin"] == b"https://shop.example"
    assert told[b"vary"] == b"origin"
    assert told[b"cross-origin-resource-policy"] == b"cross-origin"
    assert b"access-control-allow-credentials" not in told
    first = [*asked, ("Access-Control-Request-Method", "POST")]
    assert ask(policy, "OPTIONS", "/predict", first)[0][0]["status"] == 204
    other = [HOME, ("Origin", "https://shop.example.evil"), ("Access-Control-Request-Method", "POST")]
    assert ask(policy, "OPTIONS", "/predict", other)[0][0]["status"] == 403


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, Counting]]:
    """The guard on a real socket: bodies of at most 1 MB, that may pause for 0.3 s."""
    program = Counting()
    policy = Policy(token=SECRET, plain=("/up",), sizes=Sizes(1 << 20, {"/small": 10}, idle=0.3, grace=0.6, rate=1e6))
    config = uvicorn.Config(guard(program, policy), port=0, log_level="critical", lifespan="off")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", program
    server.should_exit = True
    thread.join()


def test_the_token_is_exchanged_for_a_strict_cookie(served: tuple[str, Counting]) -> None:
    with httpx.Client(base_url=served[0]) as client:
        assert client.get("/x").status_code == 401
        wrong = client.post(EXCHANGE, json={"token": "wrong"}, headers={MARK: "1"})
        assert wrong.status_code == 403
        assert not wrong.cookies
        assert client.post(EXCHANGE, json={"token": SECRET}).status_code == 403, "a simple POST is no exchange"
        for odd in (b"", b"[]", b"{}", b"[" * 4000, b"\xff"):
            headers = {MARK: "1", "content-type": "application/json"}
            assert client.post(EXCHANGE, content=odd, headers=headers).status_code == 422
        headers = {MARK: "1", "content-type": "application/json"}
        assert client.post(EXCHANGE, content=b"x" * 5000, headers=headers).status_code == 413
        told = client.post(EXCHANGE, json={"token": SECRET}, headers={MARK: "1"})
        assert told.status_code == 204
        assert SECRET not in told.headers["set-cookie"]
        assert "HttpOnly" in told.headers["set-cookie"]
        assert "SameSite=Strict" in told.headers["set-cookie"]
        assert client.get("/x").status_code == 200


def test_uploads_are_cut_at_the_limit_as_they_stream(served: tuple[str, Counting]) -> None:
    base, program = served
    before = program.read

    def endless() -> Iterator[bytes]:
        for _ in range(64):  # 4 MB without a declared length
            yield bytes(64 << 10)

    headers = {"authorization": f"Bearer {SECRET}"}
    with httpx.Client(base_url=base, headers=headers) as client:
        assert client.post("/up", content=bytes(1 << 20)).status_code == 200
        assert client.post("/up", content=bytes((1 << 20) + 1)).status_code == 413
        with suppress(httpx.WriteError):  # closed while it was still sending
            assert client.post("/up", content=endless()).status_code == 413
    assert program.read - before <= (2 << 20) + (64 << 10)


def test_a_declared_4_gb_upload_is_refused_before_it_is_sent(served: tuple[str, Counting]) -> None:
    reached = served[1].reached
    head = (
        f"POST /up HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: {4 << 30}\r\n\r\n"
    )
    told = raw(served[0], head.encode() + bytes(100_000))
    assert told.startswith(b"HTTP/1.1 413")
    assert b"4,294,967,296 bytes came; at most 1,048,576" in told
    assert served[1].reached == reached


@pytest.mark.parametrize("pause", [60.0, 0.1])
def test_a_slow_client_is_not_waited_for(served: tuple[str, Counting], pause: float) -> None:
    """One that stops, and one that sends a byte before every pause is over."""
    head = f"POST /up HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: 1000\r\n\r\n"
    assert raw(served[0], head.encode(), pause).startswith(b"HTTP/1.1 408")


def raw(base: str, first: bytes, pause: float = 60.0) -> bytes:
    """What a socket hears that sends `first`, then a byte after every pause, until it is closed: at most 300 bytes."""
    address, told = base.removeprefix("http://").split(":"), b""
    with socket.create_connection((address[0], int(address[1])), timeout=pause) as line:
        line.sendall(first)
        for _ in range(300):
            try:
                part = line.recv(65536)
            except TimeoutError:
                with suppress(ConnectionError):
                    line.sendall(b"x")
                continue
            except ConnectionResetError:
                break
            told += part
            if not part:
                break
    return told
