"""Whatever the OpenAPI allows, and what it does not, ends in an answer that it names and never in a 5xx: schemathesis
against the running server."""

import importlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import Bright, running, state

TOKEN = "0123456789abcdef"
OWN = {"authorization": f"Bearer {TOKEN}", "x-linne": "1"}


def met(cases: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    requests = pytest.importorskip("requests")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "bench"))
    fuzz, pictures = importlib.import_module("_fuzz"), importlib.import_module("serve_fuzz")
    pictures.formats()
    held = state(Bright(), deadline=60)
    with running(held, token=TOKEN) as (base, _), requests.Session() as session:

        def ask(case: Any) -> tuple[int, str, bytes]:
            sent = case.as_transport_kwargs(base_url=base)
            sent["headers"] = {**dict(sent["headers"]), **OWN}
            answer = session.request(**sent, timeout=60)
            return answer.status_code, answer.headers.get("content-type", ""), answer.content

        found = fuzz.fuzzed(httpx.get(f"{base}/openapi.json").json(), ask, cases, seed, (503,))
        found["ready"] = httpx.get(f"{base}/readyz").status_code
    found["waiting"] = len(held.queue.tickets)
    return found


def good(found: dict[str, Any], cases: int) -> None:
    assert found["server_errors"] == []
    assert found["not_in_the_openapi"] == {}
    assert found["no_json"] == []
    assert found["cases"] >= cases
    assert found["answers"][200] > 0.05 * cases
    assert (found["ready"], found["waiting"]) == (200, 0)


def test_a_few_random_requests_are_answered_as_the_openapi_says(monkeypatch: pytest.MonkeyPatch) -> None:
    good(met(50, 3, monkeypatch), 50)


@pytest.mark.nightly
def test_no_request_is_answered_by_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    good(met(5_000, 0, monkeypatch), 5_000)


def test_the_openapi_names_what_any_route_may_answer() -> None:
    """Every status that a route of each kind was ever seen to give, and the header that a client may send."""
    with running(state(Bright()), token=TOKEN) as (base, _):
        told = httpx.get(f"{base}/openapi.json").json()["paths"]
    for path, methods in told.items():
        for method, one in methods.items():
            assert {"200", "401", "403", "421", "503"} <= set(one["responses"]), (method, path)
            if method == "post":
                assert {"400", "404", "408", "413", "415", "422"} <= set(one["responses"]), path
    asked = {one["name"]: one for one in told["/predict"]["post"]["parameters"]}
    assert asked["x-deadline"]["in"] == "header"
    assert {"model", "top", "explain", "of", "coverage", "max_error", "unknown"} < set(asked)
