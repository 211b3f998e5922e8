"""Label Studio's ML-backend protocol: its requests as its documentation and client send them, and everybody else's."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from linne.core.errors import InputError
from linne.core.load import load
from linne.core.overlay import Overlay
from linne.core.run import Run
from linne.web.annotate import Backend, guarded
from linne.web.annotate_tasks import Question, Rows
from linne.web.guard import Policy
from linne.web.studio.jobs import Jobs
from linne.web.studio.project import STATES, Answer, Project
from tests.web.answering import trained

SECRET = "the-secret-of-these-tests"
HOME = "http://127.0.0.1:9090"
CONFIG = """<View><Image name="img" value="$picture"/><Choices name="kind" toName="img">
<Choice value="disc"/><Choice value="bars"/><Choice value="cross"/></Choices></View>"""
TREE = """<View><Image name="img" value="$picture"/><Taxonomy name="kind" toName="img"><Choice value="round">
<Choice value="disc"/></Choice><Choice value="straight"><Choice value="bars"/><Choice value="cross"/></Choice>
</Taxonomy></View>"""


def basic(word: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"ann:{word}".encode()).decode()}


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[tuple[Backend, TestClient]]:
    photos, run = trained()
    project = Project(load(photos), tmp_path / "fixes.csv", "me")
    made = Backend(project, Jobs(tmp_path), str(photos), Run(run), lambda text: None)
    with TestClient(guarded(made, Policy(token=SECRET)), HOME, headers=basic(SECRET)) as client:
        yield made, client


def task(number: int, picture: str) -> dict[str, Any]:
    return {"id": number, "data": {"picture": picture}}


def event(action: str, picture: str, *labels: str, **more: Any) -> dict[str, Any]:
    result = [{"from_name": "kind", "to_name": "img", "type": "choices", "value": {"choices": list(labels)}}]
    return {"action": action, "project": {"id": 3, "label_config": CONFIG}, "task": task(1, picture),
            "annotation": {"id": 9, "completed_by": {"id": 1, "email": "ann@x"}, "result": result, **more}}  # fmt: skip


def test_predictions_have_the_shape_and_the_labels(backend: tuple[Backend, TestClient]) -> None:
    _, client = backend
    assert client.get("/health").json()["status"] == "UP"
    told = client.post("/setup", json={"project": "3.1", "schema": CONFIG, "hostname": "http://x", "access_token": "t"})
    assert told.json() == {"model_version": "first"}
    names = [
        "/data/local-files/?d=shop/disc/disc-000.jpg",
        "/data/upload/3/0f1e2d3c-bars-001.jpg",
        "cross/cross-002.jpg",
    ]
    tasks = [task(k, name) for k, name in enumerate(names)]
    found = client.post(
        "/predict", json={"tasks": tasks, "project": "3.1", "label_config": CONFIG, "params": {}}
    ).json()
    assert found["model_version"] == "first"
    said = [one["result"][0]["value"]["choices"][0] for one in found["results"]]
    assert said == ["disc", "bars", "cross"]
    first = found["results"][0]
    assert {name: first["result"][0][name] for name in ("from_name", "to_name", "type")} == {
        "from_name": "kind", "to_name": "img", "type": "choices"
    }  # fmt: skip
    assert 0.3 < first["score"] <= 1
    assert first["model_version"] == "first"
    deep = client.post("/predict", json={"tasks": tasks[:1], "label_config": TREE}).json()["results"][0]["result"][0]
    assert deep["value"] == {"taxonomy": [["round", "disc"]]}


def test_a_task_opens_no_other_picture(backend: tuple[Backend, TestClient], tmp_path: Path) -> None:
    made, client = backend
    (tmp_path / "other.jpg").write_bytes(b"x")
    others = ["http://127.0.0.1:1/x.jpg", "http://169.254.169.254/latest", "file:///etc/passwd", "../../etc/passwd",
              str(tmp_path / "other.jpg"), "\\\\host\\share\\a.jpg", "a\0b", "", "s3://bucket/nothing.jpg"]  # fmt: skip
    told = client.post(
        "/predict", json={"tasks": [task(k, one) for k, one in enumerate(others)], "label_config": CONFIG}
    )
    assert [one["result"] for one in told.json()["results"]] == [[]] * len(others)
    odd = client.post("/predict", json={"tasks": [{"data": None}, {}, {"data": {"picture": 3}}]}).json()["results"]
    assert [one["result"] for one in odd] == [[]] * 3
    assert Rows(made.project).at(f"{made.source}/disc/disc-000.jpg") >= 0


def test_annotations_become_decisions(backend: tuple[Backend, TestClient]) -> None:
    made, client = backend
    for body, many in (
        (event("ANNOTATION_CREATED", "disc/disc-000.jpg", "bars"), 1),
        (event("ANNOTATION_CREATED", "disc/disc-001.jpg", "disc"), 1),
        (event("ANNOTATION_UPDATED", "disc/disc-000.jpg", "cross"), 1),
        (event("ANNOTATION_CREATED", "disc/disc-002.jpg", "bars", was_cancelled=True), 0),
        (event("ANNOTATION_CREATED", "elsewhere/a.jpg", "bars"), 0),
        (event("ANNOTATION_CREATED", "disc/disc-003.jpg"), 0),
    ):
        answer = client.post("/webhook", json=body)
        assert (answer.status_code, answer.json()["result"]) == (201, {"decided": many})
    rows = Overlay.read(made.project.overlay).rows
    assert [(row.picture, row.decision, row.to, row.who) for row in rows] == [
        ("disc/disc-000.jpg", "relabel", "bars", "label-studio ann@x"),
        ("disc/disc-001.jpg", "keep", "", "label-studio ann@x"),
        ("disc/disc-000.jpg", "relabel", "cross", "label-studio ann@x"),
    ]
    assert client.post("/webhook", json={"action": "PROJECT_UPDATED"}).json()["result"] == {
        "ignored": "PROJECT_UPDATED"
    }
    assert "send payload" in client.post("/webhook", json={"action": "ANNOTATION_CREATED"}).json()["error"]


def test_a_deleted_annotation_takes_back_what_it_brought(backend: tuple[Backend, TestClient]) -> None:
    """By its id alone, as Label Studio sends it; what others decided on top of it stays theirs, after a restart too."""
    made, client = backend
    project, photos = made.project, trained()[0]
    first, second, third = "disc/disc-000.jpg", "disc/disc-001.jpg", "disc/disc-002.jpg"

    def send(action: str, picture: str, *labels: str, number: int = 9, **more: Any) -> Any:
        return client.post("/webhook", json=event(action, picture, *labels, id=number, **more)).json()["result"]

    def deleted(*numbers: int) -> Any:
        body = {"action": "ANNOTATIONS_DELETED", "annotations": [{"id": one} for one in numbers]}
        return client.post("/webhook", json=body | {"project": {"id": 3, "label_config": CONFIG}}).json()["result"]

    def now(picture: str) -> tuple[list[str], str]:
        row = project.at(picture)
        return project.labels(row), STATES[int(project.state[row])]

    send("ANNOTATION_CREATED", first, "bars")
    send("ANNOTATION_UPDATED", first, "cross")
    send("ANNOTATION_CREATED", second, "bars", number=10)
    send("ANNOTATION_CREATED", second, "cross", number=11, completed_by={"email": "bob@x"})
    send("ANNOTATION_CREATED", third, "bars", number=12)
    project.decide([Answer(project.at(third), 1, "drop")], "carl")
    assert (now(first), now(second)) == ((["cross"], "relabelled"), (["cross"], "relabelled"))
    assert deleted(9, 99) == {"undone": 1}
    assert now(first) == (["disc"], "")
    assert deleted(9) == {"undone": 0}, "once"
    assert deleted(10) == {"undone": 1}
    assert now(second) == (["cross"], "relabelled"), "what bob said stays"
    project.decide([Answer(project.at(second), 99, "undo")], "bob")
    assert now(second) == (["disc"], ""), "and is not the deleted one's when bob takes his back"
    assert deleted(12) == {"undone": 1}
    assert now(third)[1] == "dropped"
    again = Project(load(photos), project.overlay, "me")
    assert [again.labels(row) for row in range(3)] == [project.labels(row) for row in range(3)]
    assert again.state.tolist() == project.state.tolist()
    send("ANNOTATION_CREATED", first, "bars", number=13)
    fresh = Project(load(photos), project.overlay, "me")
    assert fresh.retract("label-studio annotation 13") == 1
    assert fresh.labels(fresh.at(first)) == ["disc"]
    for odd in ({}, {"annotations": [{}]}, {"annotations": [3]}, {"annotations": [{"id": "9"}]}):
        assert client.post("/webhook", json={"action": "ANNOTATIONS_DELETED", **odd}).status_code == 400
    whos = [row.who for row in Overlay.read(project.overlay).rows if row.picture == second]
    assert whos == ["label-studio ann@x", "label-studio bob@x", "label-studio", "label-studio", "label-studio bob@x",
                    "bob"]  # fmt: skip


@pytest.mark.parametrize("how", ["empty", "skipped", "another question", "several for one"])
def test_an_annotation_that_says_nothing_any_more_takes_back_what_it_brought(
    how: str, backend: tuple[Backend, TestClient]
) -> None:
    made, client = backend
    project, picture = made.project, "disc/disc-003.jpg"

    def send(action: str, *labels: str, **more: Any) -> Any:
        return client.post("/webhook", json=event(action, picture, *labels, **more)).json()["result"]

    other = {"from_name": "other", "type": "choices", "value": {"choices": ["bars"]}}
    emptied: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
        "empty": ((), {"result": []}), "skipped": (("bars",), {"was_cancelled": True}),
        "several for one": (("bars", "disc"), {}), "another question": ((), {"result": [other]}),
    }  # fmt: skip
    labels, more = emptied[how]
    assert send("ANNOTATION_CREATED", *labels, **more) == {"decided": 0}, "it has brought nothing"
    assert send("ANNOTATION_UPDATED", "bars") == {"decided": 1}
    assert project.labels(project.at(picture)) == ["bars"]
    assert send("ANNOTATION_UPDATED", *labels, **more) == {"decided": 0, "undone": 1}
    assert (project.labels(project.at(picture)), STATES[int(project.state[project.at(picture)])]) == (["disc"], "")
    assert send("ANNOTATION_UPDATED", *labels, **more) == {"decided": 0}, "once"
    assert Overlay.read(project.overlay).rows[-1].who == "label-studio ann@x", "whose annotation it is took it back"
    send("ANNOTATION_UPDATED", "bars")
    project.decide([Answer(project.at(picture), 99, "relabel", ("cross",))], "carl")
    assert send("ANNOTATION_UPDATED", *labels, **more) == {"decided": 0, "undone": 1}
    assert project.labels(project.at(picture)) == ["cross"], "what carl said stays"


def test_training_is_started_once(backend: tuple[Backend, TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    made, client = backend
    monkeypatch.setattr(made.jobs, "_work", lambda: None)  # nothing is really trained
    first = client.post("/webhook", json={"action": "START_TRAINING", "project": {"label_config": CONFIG}}).json()
    assert first["result"]["command"].startswith("linne train ")
    assert "fixes-1" in first["result"]["command"]
    assert client.post("/webhook", json={"action": "START_TRAINING"}).json() == first
    made._trained({"run": str(made.run.path)})  # type: ignore[union-attr]
    assert client.post("/setup", json={}).json() == {"model_version": "first"}


def test_nobody_else_is_let_in(backend: tuple[Backend, TestClient]) -> None:
    made, client = backend
    body = json.dumps(event("ANNOTATION_CREATED", "disc/disc-000.jpg", "bars"))
    plain = {"content-type": "application/json"}
    for headers, status in (
        ({**plain, "authorization": ""}, 401),
        ({**plain, **basic("wrong")}, 401),
        ({**plain, "authorization": "Basic !!"}, 401),
        ({**plain, "authorization": "Bearer wrong"}, 401),
        ({**plain, "host": "evil.example"}, 421),
        ({**plain, "origin": "http://evil.example"}, 403),
        ({**plain, "sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
    ):
        for path in ("/webhook", "/predict", "/setup"):
            answer = client.post(path, content=body, headers=headers)
            assert answer.status_code == status, (path, headers, answer.text)
            assert "basic" not in answer.headers.get("www-authenticate", "").lower()
    assert not made.project.overlay.exists()
    assert (
        client.post("/webhook", content=body, headers={**plain, "authorization": f"Bearer {SECRET}"}).status_code == 201
    )
    assert client.get("/openapi.json", headers={"authorization": ""}).status_code == 401
    for text in ("[]", "{", '{"tasks": 3}', "\x00", '{"tasks": [[]]}'):
        assert client.post("/predict", content=text, headers=plain).status_code == 422


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("<View><Text name='t' value='$t'/></View>", "no Choices and no Taxonomy"),
        ("<html/>", "expected <View>"),
        ("<!DOCTYPE a [<!ENTITY a 'aa'>]><View/>", "declares a document type"),
        ("<View>", "is no XML"),
    ],
)
def test_configurations_that_cannot_be(config: str, why: str, backend: tuple[Backend, TestClient]) -> None:
    with pytest.raises(InputError, match=why):
        Question.of(config)
    answer = backend[1].post("/setup", json={"schema": config})
    assert (answer.status_code, why in answer.json()["error"]) == (400, True)


def test_answers_go_by_what_the_configuration_offers() -> None:
    choices, tree = Question.of(CONFIG), Question.of(TREE)
    assert choices.result([("round", "disc")])[0]["value"] == {"choices": ["disc"]}
    assert choices.result([("eel",)]) == []
    assert tree.result([("cross",)])[0]["value"] == {"taxonomy": [["straight", "cross"]]}
    assert tree.key == "picture"
