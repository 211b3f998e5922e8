"""What docs/serve.md promises, each over a real socket: who is counted, who waits, who is refused, who is not lost."""

import socket
import threading
import time
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from linne.engine.log import Log
from linne.web import serve_queue, serve_run
from tests.serving import Bright, png, running, state
from tests.waiting import until

JPEG = {"content-type": "image/jpeg"}
JSON = {"content-type": "application/json"}


def told(client: httpx.Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """/metrics as Prometheus' own client reads it: {(name, labels): value}."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in families(answer.text)
        for one in family.samples
    }


def refusals(client: httpx.Client) -> dict[tuple[str, str], float]:
    """{(status, reason): how many}."""
    return {(dict(labels)["status"], dict(labels)["reason"]): value
            for (name, labels), value in told(client).items() if name == "linne_refused_total"}  # fmt: skip


def test_every_refusal_is_counted_by_its_reason(held: Any, base: tuple[str, str]) -> None:
    own, good = {"authorization": f"Bearer {base[1]}", "x-linne": "1", **JSON}, png(1)
    asked: dict[tuple[str, str], tuple[str, str, dict[str, Any]]] = {
        ("421", "host"): ("POST", "/predict", {"content": good, "headers": {**JPEG, "host": "evil.example"}}),
        ("403", "origin"): ("POST", "/predict", {"content": good, "headers": {**JPEG, "origin": "http://evil"}}),
        ("403", "site"): ("GET", "/models", {"headers": {"sec-fetch-site": "cross-site"}}),
        ("401", "token"): ("POST", "/reload", {"json": {}, "headers": {"x-linne": "1"}}),
        ("403", "token"): ("POST", "/session", {"json": {"token": "no"}, "headers": {"x-linne": "1"}}),
        ("403", "header"): ("POST", "/reload", {"json": {}, "headers": {"authorization": own["authorization"]}}),
        ("415", "type"): ("POST", "/predict", {"content": good, "headers": {"content-type": "text/plain"}}),
        ("413", "large"): ("POST", "/predict", {"content": bytes(200_001), "headers": JPEG}),
        ("400", "malformed"): ("POST", "/predict", {"content": b"{", "headers": JSON}),
        ("404", "not there"): ("POST", "/predict?model=no", {"content": good, "headers": JPEG}),
        ("405", "method"): ("GET", "/predict", {"headers": own}),
        ("422", "not possible"): ("POST", "/predict?coverage=2", {"content": good, "headers": JPEG}),
    }
    with httpx.Client(base_url=base[0], timeout=20) as client:
        for reason, (method, path, sent) in asked.items():
            before = refusals(client)
            answer = client.request(method, path, **sent)
            after = refusals(client)
            assert str(answer.status_code) == reason[0], (reason, answer.text)
            assert {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)} == {
                reason: 1.0
            }
        held.queue.draining = True
        try:
            answer = client.post("/predict", content=good, headers=JPEG)
            assert answer.headers["retry-after"] == "1"
        finally:
            held.queue.draining = False
        assert refusals(client)["503", "leaving"] == 1
        with socket.create_connection(("127.0.0.1", int(base[0].rpartition(":")[2])), timeout=60) as line:
            line.sendall(b"no HTTP at all\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 400")
        assert refusals(client)["400", "no HTTP"] == 1
        every = told(client)
        by_path = sum(value for (name, _), value in every.items() if name == "linne_requests_total")
        assert by_path == held.metrics.requests.total() - 1 > 2 * len(asked), "but for the one that asks"


def test_metrics_are_what_prometheus_reads(base: tuple[str, str]) -> None:
    """Its own parser: names, types, and that counters and buckets are as such should be."""
    with httpx.Client(base_url=base[0], timeout=20) as client:
        client.post("/predict", content=png(1), headers=JPEG)
        found = {family.name: family for family in families(client.get("/metrics").text)}
        first = told(client)
        client.post("/predict", content=png(1), headers=JPEG)
        second = told(client)
    kinds = {name: family.type for name, family in found.items()}
    assert set(kinds.values()) == {"counter", "gauge", "histogram"}
    assert kinds["linne_requests"] == kinds["linne_refused"] == kinds["linne_pictures"] == "counter"
    assert kinds["linne_request_seconds"] == "histogram"
    assert kinds["process_resident_memory_bytes"] == kinds["linne_ready"] == "gauge"
    assert all(family.documentation for family in found.values())
    counters = {key for key in first if key[0].endswith("_total")}
    assert all(kinds[name.removesuffix("_total")] == "counter" for name, _ in counters)
    assert all(second[key] >= first[key] for key in counters)
    edges = [(float(dict(labels)["le"]), value) for (name, labels), value in second.items()
             if name == "linne_request_seconds_bucket" and dict(labels)["path"] == "/predict"]  # fmt: skip
    counts = [value for _, value in sorted(edges)]
    assert counts == sorted(counts)
    assert counts[-1] == second["linne_request_seconds_count", frozenset({("path", "/predict")})]


def test_connections_over_the_limit_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_run, "CONNECTIONS", 3)
    with running(state(Bright(), deadline=20)) as (base, _):
        port = int(base.rpartition(":")[2])
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        answers = [httpx.get(f"{base}/livez", timeout=30)]
        assert (answers[0].status_code, answers[0].headers["retry-after"]) == (503, "1")
        for one in idle:
            one.close()

        def room() -> bool:
            answers.append(httpx.get(f"{base}/livez", timeout=30))
            return answers[-1].status_code == 200

        until(room)
        with httpx.Client(base_url=base, timeout=30) as client:
            assert refusals(client) == {("503", "connections"): len(answers) - 1}


def head(length: int, more: str = "") -> bytes:
    return (f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/png\r\n{more}"
            f"Content-Length: {length}\r\n\r\n").encode()  # fmt: skip


def test_a_request_is_refused_by_its_head_before_any_of_its_body_is_there(held: Any, base: tuple[str, str]) -> None:
    """And with it /readyz says no; both recover as soon as there is room."""
    queue, port = held.queue, int(base[0].rpartition(":")[2])
    queue.each, tickets = 0.2, list[Any]()
    try:
        tickets += [queue.admit() for _ in range(queue.limit)]
        for one in tickets:
            queue.arrived(one, 1, 0)
        assert httpx.get(f"{base[0]}/readyz").json() == {"ready": False}
        assert httpx.get(f"{base[0]}/healthz").status_code == 200, "busy is not dead"
        with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            line.sendall(head(190_000))  # and nothing of the body
            told = line.recv(4000)
        assert told.startswith(b"HTTP/1.1 503")
        assert b"retry-after: " in told.lower()
    finally:
        queue.each = 0.02
        for one in tickets:
            queue.left_by(one)
    assert httpx.get(f"{base[0]}/readyz").json() == {"ready": True}
    assert httpx.post(f"{base[0]}/predict", content=png(200), headers=JPEG).status_code == 200


def test_a_server_is_ready_when_its_decoders_are_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, seen = state(Bright(), deadline=20, decoders=2), list[tuple[bool, int]]()
    real = mine.pool.start

    async def start() -> None:
        seen.append((mine.ready, len(mine.pool._all)))
        await real()
        seen.append((mine.ready, len(mine.pool._all)))

    monkeypatch.setattr(mine.pool, "start", start)
    with running(mine) as (base, _):
        assert httpx.get(f"{base}/readyz", timeout=30).status_code == 200
        started = set(mine.pool._all)
        assert httpx.post(f"{base}/predict", content=png(200), headers=JPEG, timeout=30).status_code == 200
        assert (set(mine.pool._all), mine.pool.fell) == (started, 0), "the first picture starts nothing"
    assert seen == [(False, 0), (False, 2)]
    assert not mine.ready or mine.queue.draining


def test_slow_uploads_hold_up_nobody(held: Any, base: tuple[str, str]) -> None:
    """100 bodies that do not come, more than may wait, and others are answered as if they were not there."""
    port, lines = int(base[0].rpartition(":")[2]), []
    with httpx.Client(base_url=base[0], timeout=20) as client:
        client.post("/predict", content=png(200), headers=JPEG)
        held.queue.each, limit = 0.5, 32
        try:
            assert held.queue.limit == limit
            for batch in range(4):
                for _ in range(25):
                    lines.append(socket.create_connection(("127.0.0.1", port)))
                    lines[-1].sendall(head(100_000) + b"x" * 10)
                until(lambda: held.queue.uploads == len(lines))
                until(lambda: held.queue.waiting == 0)  # from then on an upload counts as slow
                assert client.get("/readyz").json() == {"ready": True}, batch
            answers = client.get("/metrics").text.splitlines()
            assert {"linne_uploads 100", "linne_held_bytes 1000"} <= set(answers)
            answers = [client.post("/predict", content=png(200), headers=JPEG).status_code for _ in range(10)]
            assert answers == [200] * 10
        finally:
            held.queue.each = 0.02
            for one in lines:
                one.close()
    until(lambda: not held.queue.tickets, "clients have left, and their tickets stay")


def test_more_slow_uploads_than_are_taken_lock_nobody_out(
    held: Any, base: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks is answered, and one upload gives way: that with the fewest bytes a second."""
    monkeypatch.setattr(serve_queue, "UPLOADING", 12)
    port, lines = int(base[0].rpartition(":")[2]), []
    with httpx.Client(base_url=base[0], timeout=20) as client:
        before = refusals(client)
        for k in range(12):
            lines.append(socket.create_connection(("127.0.0.1", port), timeout=60))
            lines[-1].sendall(head(100_000) + b"x" * (9000 - 700 * k))
        until(lambda: held.queue.uploads == 12)
        until(lambda: held.queue.waiting == 0)
        for _ in range(5):
            assert client.post("/predict", content=png(200), headers=JPEG).status_code == 200
            time.sleep(0.05)
        told = lines[-1].recv(4000)
        assert told.startswith(b"HTTP/1.1 408")
        assert b"1,300 bytes in" in told
        assert held.queue.uploads == 11
        slow, busy = ("408", "slow"), ("503", "busy")
        until(lambda: refusals(client).get(slow, 0) == before.get(slow, 0) + 1)
        assert refusals(client).get(busy, 0) == before.get(busy, 0)
        for one in lines:
            one.close()
    until(lambda: not held.queue.tickets)


def test_who_came_before_the_door_was_closed_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Going down, the server hears the first request of a connection that it took, also where that comes late."""
    monkeypatch.setattr(serve_run, "GRACE", 0.0)
    monkeypatch.setattr(serve_run, "HEARD", 60.0)
    made, _ = serve_run.server(state(Bright()), serve_run.Address(port=0), Log(quiet=True))
    thread = threading.Thread(target=lambda: made.run(sockets=[made.listening]))
    thread.start()
    until(lambda: made.state.up or not thread.is_alive())
    with socket.create_connection(made.listening.getsockname(), timeout=60) as line:
        made.stop()
        time.sleep(serve_run.LAST + 0.5)  # it would have gone by now
        line.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 503")
    thread.join(60)
    assert not thread.is_alive()
