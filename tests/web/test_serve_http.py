"""What HTTP and the server's own OpenAPI promise: HEAD, what is asked for twice or nowhere, what is counted as what."""

import base64
import socket
from typing import Any

import httpx
import pytest

from linne.engine.serving import Picture
from linne.web.serve_decode import Pool, Unwanted
from linne.web.serve_models import Entry
from tests.serving import Bright, png, running, state

JPEG = {"content-type": "image/jpeg"}
PICTURES = {"pictures": [base64.b64encode(png(200)).decode()]}


class Names(Bright):
    """A gallery that enrols all but the first picture."""

    kind = "gallery"

    def enrol(self, pictures: "list[Picture]", name: str) -> dict[str, Any]:
        return {"pictures": len(pictures) - 1, "holds": {"pictures": 9, "identities": 2}}


@pytest.fixture(scope="module")
def held() -> Any:
    found = state(Bright(), deadline=20)
    found.models.entries["names"] = Entry("names", "nowhere", Names())
    return found


def own(base: tuple[str, str]) -> dict[str, str]:
    return {"authorization": f"Bearer {base[1]}", "x-linne": "1"}


def test_head_is_answered_as_get_without_the_body(base: tuple[str, str]) -> None:
    """RFC 9110, 9.3.2; by a socket of our own, which sees what follows on the same connection."""
    for path in ("/", "/healthz", "/metrics", "/static/try.js"):
        assert httpx.head(base[0] + path).status_code == 200
    with socket.create_connection(("127.0.0.1", int(base[0].rpartition(":")[2])), timeout=60) as line:
        for word in (b"HEAD", b"GET"):
            line.sendall(word + b" /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")
        told = b""
        while told.count(b'{"status":"ok"}') < 1:
            told += line.recv(10_000)
    first, second, *_ = told.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200")
    assert first.endswith(b"\r\n\r\n")
    assert b"content-length: 15\r\n" in first
    assert second.endswith(b'\r\n\r\n{"status":"ok"}')
    assert httpx.head(f"{base[0]}/predict").status_code == 405


def test_the_openapi_says_what_enrolling_takes_and_gives(base: tuple[str, str]) -> None:
    schemas = pytest.importorskip("jsonschema_rs")  # schemathesis brings it
    told = httpx.get(f"{base[0]}/openapi.json").json()
    for path in ("/enrol", "/reload"):
        one = told["paths"][path]["post"]
        assert list(one["requestBody"]["content"]) == ["application/json"], path
        assert next(each for each in one["parameters"] if each["name"] == "x-linne")["required"]
        assert [list(each) for each in one["security"]] == [["token"]]
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path in ("/predict?top=1", "/enrol?name=x"):
        answer = httpx.post(base[0] + path, json=PICTURES, headers=own(base))
        assert answer.status_code == 200
        schema = told["paths"][path.partition("?")[0]]["post"]["responses"]["200"]["content"]["application/json"]
        schemas.validate(schema["schema"], answer.json())
    wrong = {"predictions": [{"name": "a", "problem": None, "label": 3}]}
    told = told["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert not schemas.is_valid(told, wrong)


@pytest.mark.parametrize("body", ["form", "json"])
def test_an_option_that_is_not_there_or_not_in_the_address_is_no_option(base: tuple[str, str], body: str) -> None:
    form = [("x", ("a.png", png(1))), ("top", (None, "2"))]
    sent: dict[str, Any] = {"files": form} if body == "form" else {"json": {**PICTURES, "top": 2}}
    found = httpx.post(f"{base[0]}/predict", **sent)
    assert found.status_code == 422
    assert found.json()["error"] == "top came in the body, and is asked for in the address: ?top=..."
    found = httpx.post(f"{base[0]}/predict?converage=0.9", json=PICTURES)
    assert found.status_code == 422
    assert found.json()["error"] == "There is no option 'converage'. Did you mean 'coverage'?"


def test_no_more_pictures_than_a_request_may_bring_are_told_to_the_page(base: tuple[str, str]) -> None:
    assert httpx.get(f"{base[0]}/models").json()["most"] == 8


def test_a_wrong_path_and_method_are_told_what_is_right(base: tuple[str, str]) -> None:
    found = httpx.get(f"{base[0]}/predict")
    assert (found.headers["allow"], found.json()["error"]) == ("POST", "GET came, and /predict takes POST.")
    found = httpx.get(f"{base[0]}/nothing", headers=own(base))
    assert found.json()["error"].startswith("There is no /nothing.")


def test_what_was_cut_or_came_too_late_did_not_leave(held: Any, base: tuple[str, str], monkeypatch: Any) -> None:
    before = held.queue.left, held.queue.expired
    assert httpx.post(f"{base[0]}/predict", content=bytes(1_700_000), headers=JPEG).status_code == 413

    def chunks() -> Any:  # of no told length: the limit cuts it while it comes
        for _ in range(20):
            yield bytes(100_000)

    many = {"content-type": "application/json"}
    assert httpx.post(f"{base[0]}/predict", content=chunks(), headers=many).status_code == 413
    assert (held.queue.left, held.queue.expired) == before

    async def late(*given: Any) -> Any:
        raise Unwanted

    monkeypatch.setattr(Pool, "squared", late)
    found = httpx.post(f"{base[0]}/predict", content=png(1), headers=JPEG)
    assert (found.status_code, found.headers["retry-after"]) == (503, "1")
    assert (held.queue.left, held.queue.expired) == (before[0], before[1] + 1)


def test_what_was_enrolled_is_counted(held: Any, base: tuple[str, str]) -> None:
    sent = {"pictures": PICTURES["pictures"] * 3}
    before = held.metrics.pictures["names", "enrolled"]
    assert httpx.post(f"{base[0]}/enrol?name=x", json=sent, headers=own(base)).status_code == 200
    assert held.metrics.pictures["names", "enrolled"] - before == 2


def test_another_page_that_is_allowed_may_say_a_deadline_and_sees_when_to_ask_again() -> None:
    page = {"origin": "https://shop.example"}
    with running(state(Bright()), origins=("https://shop.example",)) as (base, _):
        asks = {**page, "access-control-request-method": "POST", "access-control-request-headers": "x-deadline"}
        first = httpx.options(f"{base}/predict", headers=asks)
        assert "x-deadline" in first.headers["access-control-allow-headers"].split(", ")
        found = httpx.post(f"{base}/predict", content=png(1), headers={**JPEG, **page, "x-deadline": "5"})
        assert found.headers["access-control-expose-headers"] == "retry-after"


def test_the_way_to_allow_another_name_is_told(base: tuple[str, str]) -> None:
    assert "--called" in httpx.get(f"{base[0]}/healthz", headers={"host": "10.0.0.7"}).json()["error"]


def test_one_that_cannot_be_opened_for_whatever_reason_leaves_the_others_anew(held: Any, monkeypatch: Any) -> None:
    def opened(source: Any) -> Any:
        if source == "falls":
            raise ValueError("half a file")
        return Bright(mark="anew")

    models = state(Bright()).models
    models.entries = {"first": Entry("first", "falls", Bright()), "second": Entry("second", "", Bright())}
    monkeypatch.setattr(models, "_opened", opened)
    assert models.reload() == {"reloaded": ["second"], "failed": {"first": "ValueError: half a file"}}
    assert (models.entries["first"].number, models.entries["second"].served.mark) == (1, "anew")
