"""The server over a real socket: every way to send pictures, every wrong one, and what goes on while it runs."""

import base64
import io
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from linne.core.errors import OptionError, RunError
from linne.engine.log import Log
from linne.web import prompt
from linne.web.serve_models import Entry
from linne.web.serve_run import Address, bound, server
from tests.serving import Bright, png, running, state
from tests.waiting import until

JPEG = {"content-type": "image/jpeg"}


@pytest.fixture(scope="module")
def client(base: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base[0], timeout=60) as made:
        yield made


def test_one_or_many_by_form_json_and_body(client: httpx.Client) -> None:
    assert client.post("/predict", content=png(200), headers=JPEG).json()["predictions"][0]["label"] == "light"
    files = [("x", ("b.png", png(10))), ("x", ("../../a\u202e.png", png(250))), ("field", (None, "text"))]
    found = client.post("/predict", files=files).json()["predictions"]
    assert [(one["name"], one["label"]) for one in found] == [("b.png", "dark"), ("a.png", "light")]
    data = base64.b64encode(png(51)).decode()
    for one in ({"name": "c", "data": data}, data, f"data:image/png;base64,{data}"):
        told = client.post("/predict", json={"pictures": [one]}).json()["predictions"][0]
        assert told["value"] == pytest.approx(0.2, abs=0.01)


def test_what_is_no_picture_is_told_and_the_others_are_answered(client: httpx.Client) -> None:
    files = [("x", ("a", png(10))), ("x", ("b", b"GIF no")), ("x", ("c", b"")), ("x", ("d", png(9)[:60]))]
    found = client.post("/predict", files=files)
    assert found.status_code == 200
    assert [bool(one["problem"]) for one in found.json()["predictions"]] == [False, True, True, True]
    alone = client.post("/predict", content=b"no picture at all", headers=JPEG)
    assert alone.status_code == 422
    assert "not a picture" in alone.json()["predictions"][0]["problem"]


def test_a_picture_of_1_by_65535_is_answered(client: httpx.Client) -> None:
    found = client.post("/predict", content=png(200, (1, 65535)), headers=JPEG)
    assert found.json()["predictions"][0]["label"] == "light"
    bomb = png(0)[:16] + (60_000).to_bytes(4, "big") * 2 + png(0)[24:]
    told = client.post("/predict", content=bomb, headers=JPEG).json()["predictions"][0]["problem"]
    assert "over the limit" in told


FORM = {"content-type": "multipart/form-data; boundary=b"}
WRONG: dict[str, tuple[int, dict[str, Any]]] = {
    "nothing": (415, {}),
    "an empty picture": (400, {"content": b"", "headers": JPEG}),
    "another type": (415, {"content": b"a=b", "headers": {"content-type": "application/x-www-form-urlencoded"}}),
    "no JSON": (400, {"content": b"{", "headers": {"content-type": "application/json"}}),
    "deep JSON": (400, {"content": b"[" * 50_000, "headers": {"content-type": "application/json"}}),
    "other JSON": (400, {"json": {"images": []}}),
    "no pictures": (400, {"json": {"pictures": []}}),
    "numbers": (400, {"json": {"pictures": [1]}}),
    "no base64": (400, {"json": {"pictures": ["%%%"]}}),
    "no boundary": (400, {"content": b"x", "headers": {"content-type": "multipart/form-data"}}),
    "a broken form": (400, {"content": b"--b\r\nrubbish\r\n\r\n", "headers": FORM}),
    "half a form": (400, {"content": b'--b\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nx',
                          "headers": FORM}),
    "too many": (413, {"files": [("x", (str(k), png(1))) for k in range(9)]}),
    "too many as JSON": (413, {"json": {"pictures": [base64.b64encode(png(1)).decode()] * 9}}),
    "a large one": (413, {"files": [("x", ("a", bytes(200_001)))]}),
    "a large body": (413, {"content": bytes(200_001), "headers": JPEG}),
    "a huge body": (413, {"content": bytes(1_700_000), "headers": JPEG}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_bodies_are_refused_with_a_reason(client: httpx.Client, name: str) -> None:
    status, sent = WRONG[name]
    found = client.post("/predict", **sent)
    assert found.status_code == status, found.text
    assert found.json()["error"].endswith((".", "}")) or "JSON" in found.json()["error"]


def test_what_is_not_there_is_said_with_the_nearest(client: httpx.Client) -> None:
    found = client.post("/predict?model=brigth", content=png(1), headers=JPEG)
    assert found.status_code == 404
    assert "Did you mean 'bright'?" in found.json()["error"]
    assert client.post("/identify", content=png(1), headers=JPEG).status_code == 404
    for path, status in (("/nothing", 401), ("/predict", 405), ("/static/nothing.js", 404), ("/static/..%2fx", 404)):
        answer = client.get(path)
        assert answer.status_code == status, path
        assert answer.json()["error"]
    for asked in ("coverage=1", "coverage=x", "top=-1", "explain=cam", "x-deadline"):
        headers = {**JPEG, "x-deadline": "soon"} if asked == "x-deadline" else JPEG
        assert client.post(f"/predict?{asked}", content=png(1), headers=headers).status_code in (400, 422)


def test_pages_of_elsewhere_and_other_names_are_refused(client: httpx.Client) -> None:
    for headers in ({"origin": "https://evil.example"}, {"host": "evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert client.post("/predict", content=png(1), headers={**JPEG, **headers}).status_code in (403, 421)


def test_reload_needs_the_token_and_keeps_what_cannot_be_opened(client: httpx.Client, base: tuple[str, str]) -> None:
    assert client.post("/reload", json={}).status_code == 401
    allowed = {"authorization": f"Bearer {base[1]}"}
    assert client.post("/reload", json={}, headers=allowed).status_code == 403, "no x-linne"
    found = client.post("/reload", json={}, headers={**allowed, "x-linne": "1"})
    assert found.status_code == 409, "there is no run at 'nowhere'"
    assert "nowhere" in found.json()["failed"]["bright"]
    assert client.post("/predict", content=png(200), headers=JPEG).status_code == 200


def test_a_model_is_exchanged_while_many_ask(held: Any, base: tuple[str, str]) -> None:
    marks, statuses, going = set[str](), list[int](), True

    def ask() -> None:
        with httpx.Client(base_url=base[0], timeout=60) as one:
            while going:
                found = one.post("/predict", content=png(200), headers=JPEG)
                statuses.append(found.status_code)
                marks.add(found.json()["predictions"][0]["mark"])

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for one in threads:
        one.start()
    old = held.models.entries["bright"]
    try:
        for number, mark in enumerate(("second", "third"), 1):
            until(lambda number=number: len(marks) == number)
            held.models.entries["bright"] = Entry("bright", "nowhere", Bright(slow=0.01, mark=mark))
        until(lambda: len(marks) == 3)
    finally:
        going = False
        for one in threads:
            one.join()
    held.models.entries["bright"] = old
    assert set(statuses) == {200}
    assert marks == {"", "second", "third"}


def test_a_decoder_that_falls_costs_nobody_a_picture(held: Any, client: httpx.Client) -> None:
    fell = held.pool.fell
    for one in list(held.pool._all):
        os.kill(one.pid, signal.SIGKILL)
    found = [client.post("/predict", content=png(200), headers=JPEG) for _ in range(6)]
    assert [one.status_code for one in found] == [200] * 6
    assert held.pool.fell > fell


def test_a_picture_that_takes_too_long_is_given_up(held: Any, client: httpx.Client) -> None:
    stopped = [one for one in held.pool._all if one.returncode is None]
    for one in stopped:
        os.kill(one.pid, signal.SIGSTOP)
    found = client.post("/predict", content=png(200), headers=JPEG)
    assert "longer than 2 s" in found.json()["predictions"][0]["problem"]
    for one in held.pool._all & set(stopped):
        os.kill(one.pid, signal.SIGCONT)
    assert client.post("/predict", content=png(200), headers=JPEG).status_code == 200


def test_health_metrics_and_openapi(client: httpx.Client) -> None:
    for path in ("/livez", "/healthz", "/readyz"):
        assert client.get(path).status_code == 200
    lines = [line for line in client.get("/metrics").text.splitlines() if not line.startswith("#")]
    told = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
    answered = told['linne_requests_total{path="/predict",status="200"}']
    assert answered == told['linne_request_seconds_bucket{path="/predict",le="+Inf"}'] > 0
    assert told['linne_pictures_total{model="bright",outcome="answered"}'] >= answered
    assert told["linne_queue_pictures"] == 0
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/predict", "/identify", "/enrol", "/models", "/reload", "/readyz", "/metrics"} <= set(paths)


def test_overload_is_refused_at_once_and_recovers() -> None:
    """A model of 20 pictures a second, asked by 24 clients at once."""
    with running(state(Bright(slow=0.05), deadline=0.3)) as (base, _):
        answers, lock = list[tuple[int, str]](), threading.Lock()

        def ask() -> None:
            with httpx.Client(base_url=base, timeout=60) as one:
                for _ in range(4):
                    found = one.post("/predict", files=[("x", ("a", png(k))) for k in range(6)])
                    with lock:
                        answers.append((found.status_code, found.headers.get("retry-after", "")))

        threads = [threading.Thread(target=ask) for _ in range(24)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert {status for status, _ in answers} == {200, 503}
        assert all(int(after) >= 1 for status, after in answers if status == 503)
        assert httpx.post(f"{base}/predict", content=png(200), headers=JPEG, timeout=60).status_code == 200


def test_a_client_that_left_is_not_worked_for() -> None:
    model, free = Bright(), threading.Event()
    held, look = state(model, deadline=60), model.look
    model.look = lambda pictures: (look(pictures), free.wait(60))[0]  # type: ignore[method-assign]
    with running(held) as (base, _):
        port = int(base.rpartition(":")[2])
        body = png(3)
        head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {len(body)}\r\n\r\n"
        head = head.replace("Host: x", "Host: 127.0.0.1")
        with socket.create_connection(("127.0.0.1", port), timeout=60) as first:
            first.sendall(head.encode() + body)
            until(lambda: model.seen == [1])  # the model is busy with it
            others = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
            for one in others:
                one.sendall(head.encode() + body)
            until(lambda: sum(one.pictures for one in held.queue.tickets.copy()) == 6)
            for one in others:
                one.close()
            until(lambda: [one.gone for one in held.queue.tickets.copy()].count(False) == 1)
            free.set()
            assert b"200 OK" in first.recv(1000)
        until(lambda: held.queue.left == 5)
        assert model.seen == [1]


def test_a_port_in_use_and_addresses_that_are_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=f"Port {port} is in use.*--port {port + 1}"):
            bound(Address(port=port))
    with pytest.raises(OptionError, match="from 1 to 65535"):
        bound(Address(port=70_000))
    with pytest.raises(RunError, match="cannot be listened on"):
        bound(Address("203.0.113.7", 0))


OUTSIDE: dict[str, dict[str, Any]] = {
    "no token": {"host": "0.0.0.0"},
    "both": {"host": "0.0.0.0", "token": "x" * 20, "open": True},
    "a short token": {"token": "short"},
    "an origin that is none": {"origins": ("*",)},
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_other_machines_are_let_in_by_a_word_alone(name: str) -> None:
    with pytest.raises(OptionError):
        server(state(Bright()), Address(port=0, **OUTSIDE[name]), Log(quiet=True))


def test_with_a_token_everything_needs_it() -> None:
    with running(state(Bright()), token="0123456789abcdef") as (base, token), httpx.Client(base_url=base) as one:
        assert one.post("/predict", content=png(1), headers=JPEG).status_code == 401
        for path, status in (("/metrics", 401), ("/models", 401), ("/livez", 200), ("/", 200)):
            assert one.get(path).status_code == status, path
        assert one.post("/predict", content=png(1), headers={**JPEG, "authorization": f"Bearer {token}"}).is_success
        one.post("/session", json={"token": token}, headers={"x-linne": "1"}).raise_for_status()
        assert one.post("/predict", content=png(1), headers=JPEG).is_success, "by its cookie"


def test_ending_answers_what_was_let_in(held: Any) -> None:
    model = Bright(slow=0.8)
    mine, told = state(model, deadline=20), list[int]()
    with running(mine) as (base, _):
        thread = threading.Thread(
            target=lambda: told.append(
                httpx.post(f"{base}/predict", content=png(1), headers=JPEG, timeout=60).status_code
            )
        )
        thread.start()
        until(lambda: model.seen)
        mine.queue.draining = True  # as SIGTERM does first
        assert httpx.get(f"{base}/readyz").status_code == 503
        late = httpx.post(f"{base}/predict", content=png(1), headers=JPEG)
        assert late.status_code == 503
        assert late.headers["connection"] == "close"
        mine.queue.draining = False
    thread.join()
    assert told == [200]


def test_rgb_is_what_is_answered(client: httpx.Client) -> None:
    """A picture turned by EXIF and one in colour: the same decoding as everywhere."""
    file = io.BytesIO()
    pixels = np.zeros((60, 40, 3), np.uint8)
    pixels[:, :, 0] = 255
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(pixels).save(file, "JPEG", exif=exif, quality=95)
    told = client.post("/predict", content=file.getvalue(), headers=JPEG).json()["predictions"][0]
    assert told["value"] == pytest.approx(1 / 3, abs=0.01)
    json.dumps(told)


def test_a_head_that_dribbles_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a new connection, and on one that was answered before; a kept connection that only waits stays open."""
    monkeypatch.setattr(prompt, "HEAD", 0.4)
    with running(state(Bright())) as (base, _):
        port = int(base.rpartition(":")[2])
        for before in (b"", b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
                if before:
                    line.sendall(before)
                    told = b""
                    while not told.endswith(b'{"status":"ok"}'):
                        part = line.recv(4096)
                        assert part, told
                        told += part
                    time.sleep(0.6)
                line.sendall(b"POST /predict HT")
                time.sleep(0.2)
                with suppress(ConnectionError):  # it hung up already
                    line.sendall(b"TP/1.1\r\nHost: ")
                    assert line.recv(4096) == b""


@pytest.mark.parametrize("kind", ["a head", "one header", "the address", "trailers"])
def test_a_head_without_end_is_cut_and_nothing_of_it_is_kept(base: tuple[str, str], kind: str) -> None:
    """Each streams for ever; the server answers 431, or hangs up, after 64 kB and what one reading may bring."""
    chunked = b"Host: localhost\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    begun = {"a head": b"GET /livez HTTP/1.1\r\nHost: localhost\r\n", "one header": b"GET /livez HTTP/1.1\r\nX: ",
             "the address": b"GET /", "trailers": b"POST /predict HTTP/1.1\r\n" + chunked}[kind]  # fmt: skip
    piece = b"X-A: b\r\n" * 512 if kind in ("a head", "trailers") else b"a" * 4096
    sent = 0
    with socket.create_connection(("127.0.0.1", int(base[0].rpartition(":")[2])), timeout=60) as line:
        line.sendall(begun)
        with pytest.raises(OSError):  # noqa: PT011, PT012  # a reset or a broken pipe: it hung up
            while sent < 32 << 20:
                line.sendall(piece)
                sent += len(piece)
    assert 60_000 < sent < 16 << 20
