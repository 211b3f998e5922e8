"""What docs/serve.md promises, each over a real socket: who is counted, who waits, who is refused, who is not lost."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from linne.web import serve_run
from tests.serving import Bright, png, running, state

JPEG = {"content-type": "image/jpeg"}
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def held() -> Any:
    return state(Bright(), deadline=20, decoders=2)


@pytest.fixture(scope="module")
def base(held: Any) -> Iterator[tuple[str, str]]:
    with running(held) as found:
        yield found


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
        with socket.create_connection(("127.0.0.1", int(base[0].rpartition(":")[2])), timeout=5) as line:
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
        with httpx.Client(base_url=base) as late:
            answer = late.get("/livez")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        for one in idle:
            one.close()
        time.sleep(0.05)
        with httpx.Client(base_url=base) as client:
            assert refusals(client) == {("503", "connections"): 1}
