"""Every route of linne serve and of linne label_studio, and the page to try, x everybody who must not be let in.

What holds for a server that other programs ask is docs/serve.md's: a foreign name or page is refused everywhere; what
changes anything needs token, header and JSON; what changes nothing may come plainly, with the token where one is asked.
"""

import base64
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from linne.core.load import load
from linne.web.annotate import Backend, guarded
from linne.web.guard import Policy
from linne.web.studio.jobs import Jobs
from linne.web.studio.project import Project
from tests.serving import Bright, png, running, state

SECRET = "0123456789abcdef-0123"
HOSTS = ("evil.example", "127.0.0.1.evil", "[::ffff:127.0.0.1]", "localhost.", "127.0.0.1@evil", "0.0.0.0")
ORIGINS = ("http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1.evil", "http://localhost")
SITES = ("cross-site", "same-site")
SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b")
"""Content types that a page of elsewhere may send without being asked about it."""
NOBODY: tuple[dict[str, str], ...] = (
    {}, {"authorization": "Bearer wrong"}, {"authorization": f"Bearer {SECRET[:-1]}"},
    {"authorization": "Basic " + base64.b64encode(b"ann:wrong").decode()}, {"cookie": f"linne={SECRET}"},
)  # fmt: skip
FILES = ("/", "/static/try.js", "/static/try.css", "/openapi.json", "/session")
CHANGING = ("/enrol", "/reload", "/session", "/setup", "/webhook")
PLAIN = ("/predict", "/identify")
FREE = ("/", "/static/try.js", "/static/try.css", "/openapi.json", "/livez", "/healthz", "/readyz", "/health")
"""What says nothing of anybody, and needs no token anywhere."""

Asked = tuple[str, str, str, dict[str, str], int]
"""What is wrong, method, path, headers, the status that it must have."""


def asked(routes: list[tuple[str, str]], own: dict[str, str], closed: "frozenset[str]") -> Iterator[Asked]:
    """Every route x everybody. own: headers of who may ask; closed: paths that need the token."""
    for method, path in routes:
        right = own | {"x-linne": "1", "content-type": "application/json"}
        bare = {key: value for key, value in right.items() if key not in own}
        for host in HOSTS:
            yield "host", method, path, right | {"host": host}, 421
        for origin in ORIGINS:
            yield "origin", method, path, right | {"origin": origin}, 403
        for site in SITES:
            yield "site", method, path, right | {"sec-fetch-site": site}, 403
        if path in closed:
            for wrong in NOBODY:
                yield "token", method, path, bare | wrong, 401
        if method == "POST" and path in CHANGING:
            for kind in SIMPLE:
                yield "simple", method, path, right | {"content-type": kind}, 415
                yield "simple", method, path, own | {"content-type": kind}, 403
        if method == "POST" and path in PLAIN:
            for kind in SIMPLE[:2]:
                yield "simple", method, path, own | {"content-type": kind}, 415


def routes_of(document: dict[str, Any], files: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    found = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    return [*found, *(("POST" if path == "/session" else "GET", path) for path in files)]


def refused(client: Any, every: Iterator[Asked]) -> tuple[Counter[str], list[Any]]:
    """(how many of each kind were asked, those that did not have the status that they must have)."""
    count, let_in = Counter[str](), list[Any]()
    body = b'{"pictures": ["%s"], "token": "x", "tasks": []}' % base64.b64encode(png(1))
    for what, method, path, headers, status in every:
        query = {"name": "x"} if path == "/enrol" else {}
        answer = client.request(method, path, headers=headers, content=body if method == "POST" else None, params=query)
        count[what] += 1
        if answer.status_code != status or set(answer.json()) != {"error"}:
            let_in.append((what, method, path, headers, status, answer.status_code))
        if "access-control-allow-origin" in answer.headers:
            let_in.append((what, method, path, headers, "is readable by others"))
    return count, let_in


class Gallery(Bright):
    """Counts what is asked of it; nothing may be."""

    kind = "gallery"  # type: ignore[assignment]

    def enrol(self, *_: Any) -> Any:
        self.seen.append(-1)
        return {}

    identify = enrol


def serving(token: str) -> tuple[Counter[str], list[Any], list[int]]:
    """`refused` of a server with this token, "" for one that made its own; and what its models were asked meanwhile."""
    held = state(Bright(), deadline=20)
    held.models.entries["gallery"] = held.models.entries["bright"].__class__("gallery", "nowhere", Gallery())
    with running(held, **({"token": token} if token else {})) as (base, secret), httpx.Client(base_url=base) as client:
        routes = routes_of(client.get("/openapi.json").json(), FILES)
        assert len(routes) == 14
        own = {"authorization": f"Bearer {secret}"}
        closed = {path for _, path in routes} - set(FREE) - {"/session"} if token else {"/enrol", "/reload"}
        count, let_in = refused(client, asked(routes, own, frozenset(closed)))
        for wrong in NOBODY[1:]:  # the exchange takes the secret itself, and no other
            answer = client.post("/session", json={"token": wrong.get("authorization", "")}, headers={"x-linne": "1"})
            count["exchange"] += 1
            let_in += [] if answer.status_code == 403 and not answer.cookies else [("exchange", wrong)]
    seen = [count for one in held.models.entries.values() for count in one.served.seen]
    return count, let_in, [*seen, *(one.number - 1 for one in held.models.entries.values() if one.number > 1)]


def annotating(photos: Path, home: Path) -> tuple[Counter[str], list[Any], bool]:
    """`refused` of what answers Label Studio; and whether its overlay was begun."""
    from starlette.testclient import TestClient

    made = Backend(Project(load(photos), home / "fixes.csv", "me"), Jobs(home), str(photos), None, lambda text: None)
    with TestClient(guarded(made, Policy(token=SECRET)), "http://127.0.0.1:9090") as client:
        own = {"authorization": f"Bearer {SECRET}"}
        routes = [*routes_of(client.get("/openapi.json", headers=own).json()), ("GET", "/"), ("GET", "/openapi.json")]
        assert {"/setup", "/predict", "/webhook", "/health"} < {path for _, path in routes}
        closed = frozenset({"/setup", "/predict", "/webhook", "/openapi.json"})
        # its password counts as the header of what changes: whoever has it is no page of elsewhere
        every = (one for one in asked(routes, own, closed) if not (one[0] == "simple" and one[4] == 403))
        count, let_in = refused(client, every)
    return count, let_in, made.project.overlay.exists()


@pytest.mark.parametrize("token", ["", SECRET])
def test_serve_lets_nobody_in(token: str) -> None:
    count, let_in, changed = serving(token)
    assert let_in == []
    assert changed == []
    assert count["host"] == 14 * len(HOSTS)
    assert count["origin"] == 14 * len(ORIGINS)
    assert count["token"] == (6 if token else 2) * len(NOBODY)
    assert count["simple"] == 3 * 6 + 2 * 2


def test_label_studio_s_backend_lets_nobody_in(photos: Path, tmp_path: Path) -> None:
    count, let_in, changed = annotating(photos, tmp_path)
    assert let_in == []
    assert not changed
    assert count["token"] == 4 * len(NOBODY)


def test_who_may_ask_is_let_in_or_nothing_above_shows_anything() -> None:
    """A program without a browser's headers, the page itself, a link from elsewhere to the page, an allowed page."""
    page = {"origin": "https://shop.example", "sec-fetch-site": "cross-site"}
    with running(state(Bright(), deadline=20), origins=("https://shop.example",)) as (base, token):
        own = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=base) as client:
            sent: dict[str, Any] = {"content": png(200), "headers": {"content-type": "image/png"}}
            assert client.post("/predict", **sent).status_code == 200, "a simple POST changes nothing and may come"
            assert client.post("/predict", files={"x": ("a", png(1))}).status_code == 200
            mine = {"content-type": "image/png", "origin": base, "sec-fetch-site": "same-origin"}
            assert client.post("/predict", content=png(1), headers=mine).status_code == 200
            theirs = client.post("/predict", content=png(1), headers={"content-type": "image/png", **page})
            assert theirs.headers["access-control-allow-origin"] == "https://shop.example"
            assert client.post("/reload", json={}, headers=page).status_code == 401, "an origin is no token"
            assert client.post("/reload", json={}, headers={**own, "x-linne": "1"}).status_code == 409
            link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
            assert client.get("/", headers=link).status_code == 200
            assert re.search("default-src 'self'", client.get("/").headers["content-security-policy"])
