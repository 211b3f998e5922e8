"""Every route of the studio: who is let in, what it gives, what a mistake gets."""

import asyncio
import csv
import errno
import io
import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.exceptions import RequestValidationError
from PIL import Image

from linne.core.overlay import Overlay
from linne.web.studio import handover, thumbs
from linne.web.studio.app import _full, _shaped
from linne.web.studio.jobs import Jobs
from linne.web.studio.thumbs import Thumbs
from tests.conftest import write_folder
from tests.runs import write_run
from tests.waiting import until
from tests.web.studio.made import TOKEN, Open, opened

PAYLOADS = ("<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "caf\udce9", "\x00", "../../etc/passwd")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Open]:
    photos = write_folder(tmp_path / "photos", 3)
    with opened(photos, tmp_path / "fixes.csv") as one:
        yield one


def routes(one: Open) -> list[tuple[str, str]]:
    """(method, path with 0 for every id) of each route that the OpenAPI tells."""
    told = one.ask.get("/openapi.json", headers={"authorization": f"Bearer {TOKEN}"}).json()["paths"]
    every = [(method.upper(), path) for path, methods in told.items() for method in methods]
    assert len(every) > 15
    return [(method, re.sub(r"\{[^}]*\}", "0", path)) for method, path in every]


def test_every_route_refuses_everybody_but_its_own_page(studio: Open) -> None:
    before = (studio.here.project.overlay.exists(), len(studio.here.project.changed), len(studio.here.jobs.all()))
    good = {"x-linne": "1", "content-type": "application/json"}
    body = json.dumps({"answers": [{"row": 0, "decision": "drop"}], "name": "x"})
    wrong: list[tuple[Any, dict[str, str], set[int]]] = [
        (studio.ask, {"host": "evil.example"}, {421}), (studio.ask, {"host": "127.0.0.1.evil:8600"}, {421}),
        (studio.ask, {"host": "[::ffff:127.0.0.1]"}, {421}), (studio.ask, {"origin": "http://evil.example"}, {403}),
        (studio.ask, {"origin": "null"}, {403}), (studio.ask, {"sec-fetch-site": "cross-site"}, {403}),
        (studio.bare, {}, {401}), (studio.bare, {"authorization": "Bearer wrong"}, {401}),
        (studio.bare, {"cookie": "linne=wrong"}, {401}),
    ]  # fmt: skip
    for method, path in routes(studio):
        for client, headers, codes in wrong:
            answer = client.request(method, path, headers=good | headers, content=body if method != "GET" else None)
            assert answer.status_code in codes, (method, path, headers, answer.status_code)
        if method != "GET":
            for headers in ({"content-type": "text/plain", "x-linne": "1"}, {"content-type": "application/json"},
                            {"content-type": "application/x-www-form-urlencoded"}):  # fmt: skip
                answer = studio.ask.request(method, path, headers=headers, content=body)
                assert answer.status_code in (403, 415), (method, path, headers)
        assert method == "GET" or studio.ask.get(path).status_code in (200, 404, 405), "no change by a link"
    after = (studio.here.project.overlay.exists(), len(studio.here.project.changed), len(studio.here.jobs.all()))
    assert after == before


def test_pages_say_what_they_may_load_and_nothing_more(studio: Open) -> None:
    for path in ("/", "/static/app.js", "/static/studio.css", "/api/project"):
        headers = studio.ask.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
    assert studio.ask.get("/static/../app.py").status_code == 404
    assert studio.ask.get("/static/%2e%2e/app.py").status_code == 404


def test_columns_are_what_the_folder_says(studio: Open) -> None:
    told = studio.get("/api/project")
    assert told["figures"]["pictures"] == 18
    assert told["classes"] == ["bars", "cross", "disc"]
    layout, at, columns = studio.get("/api/columns"), 0, {}
    data = studio.ask.get("/api/pictures?start=6&count=6").content
    for name, kind, width in layout:
        size = 6 * width * np.dtype(kind).itemsize
        columns[name] = np.frombuffer(data[at : at + size], kind)
        at += size
    assert at == len(data)
    assert columns["label"].tolist() == [1] * 6
    assert columns["confidence"].tolist() == [255] * 6
    assert studio.get("/api/names?rows=0,17") == ["bars/bars-000.jpg", "disc/disc-005.jpg"]
    assert studio.get("/api/find?text=cross-00") == [6, 7, 8, 9, 10, 11]


def test_a_picture_is_made_anew_and_small(studio: Open, tmp_path: Path) -> None:
    data = studio.ask.get("/api/thumbs?rows=0,1").content
    sizes = np.frombuffer(data[:8], "<u4")
    assert len(data) == 8 + sizes.sum()
    first = Image.open(io.BytesIO(data[8 : 8 + sizes[0]]))
    assert first.format == "JPEG"
    assert first.size == (96, 96), "never enlarged"
    assert not first.getexif()
    again = studio.ask.get("/api/thumb/0")
    assert again.content == data[8 : 8 + sizes[0]], "from the cache, the same bytes"
    large = tmp_path / "large"
    large.mkdir()
    exif = Image.Exif()
    exif[271] = "a camera of mine"
    Image.fromarray(np.zeros((1500, 3000, 3), np.uint8)).save(large / "a.jpg", exif=exif)
    with opened(large, tmp_path / "large.csv") as one:
        assert Image.open(io.BytesIO(one.ask.get("/api/view/0").content)).size == (1024, 512)
        assert Image.open(io.BytesIO(one.ask.get("/api/thumb/0").content)).size == (160, 80)
        assert b"of mine" not in one.ask.get("/api/view/0").content


@pytest.mark.parametrize("path", ["/api/picture/18", "/api/thumb/-1", "/api/names?rows=99", "/api/similar/0",
                                  "/api/thumbs?rows=0,99999999", "/api/jobs/7", f"/api/picture/{10**30}"])  # fmt: skip
def test_what_is_not_there_is_said(studio: Open, path: str) -> None:
    answer = studio.ask.get(path)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith((".", "0"))


def test_a_decision_is_on_the_disk_when_it_is_confirmed(fresh: Open) -> None:
    told = fresh.decide(0, "relabel", "disc")
    assert told["rows"][0] == {"row": 0, "version": 1, "labels": ["disc"], "state": 2, "conflict": False, "who": "ann", "known": True, "against": ""}  # fmt: skip # noqa: E501
    row = Overlay.read(fresh.here.project.overlay).rows[0]
    assert (row.picture, row.decision, row.to, row.given, row.who) == (
        "bars/bars-000.jpg",
        "relabel",
        "disc",
        "bars",
        "ann",
    )
    assert len(row.mark) == 32
    assert told["figures"]["changed"] == 1
    assert "--overlay" in told["command"]
    fresh.decide(0, "undo", version=1)
    assert fresh.get("/api/picture/0")["labels"] == ["bars"]
    assert [one["decision"] for one in fresh.get("/api/picture/0")["trail"]] == ["relabel", "undo"]


def test_an_answer_that_is_sent_again_counts_once(fresh: Open) -> None:
    """As the page does where it never heard that it was saved: a second undo would undo the decision before it."""
    fresh.decide(0, "relabel", "disc")
    fresh.decide(0, "relabel", "cross", version=1)
    undo = {"answers": [{"row": 0, "version": 2, "decision": "undo"}], "who": "ann", "mark": "1 0.5"}
    told = [fresh.post("/api/decide", undo) for _ in range(2)]
    assert [one["rows"][0]["labels"] for one in told] == [["disc"], ["disc"]]
    assert len(Overlay.read(fresh.here.project.overlay).rows) == 3
    fresh.post("/api/decide", undo | {"mark": "2 0.5"})
    assert fresh.get("/api/picture/0")["labels"] == ["bars"]


def test_what_was_decided_is_there_when_it_is_opened_again(fresh: Open) -> None:
    fresh.decide(0, "relabel", "owl")
    fresh.decide(4, "drop")
    fresh.decide(5, "keep")
    with opened(fresh.photos, fresh.here.project.overlay) as again:
        seen = [again.get(f"/api/picture/{row}") for row in (0, 4, 5)]
        assert [one["labels"] for one in seen] == [["owl"], ["cross"], ["cross"]]
        states = again.get("/api/project")["states"]
        assert [states[one["state"]] for one in seen] == ["relabelled", "dropped", "confirmed"]
        assert again.get("/api/project")["classes"] == ["bars", "cross", "disc", "owl"]
        assert again.here.project.verify() == 0


def test_a_picture_with_other_content_is_not_decided(fresh: Open) -> None:
    fresh.decide(0, "relabel", "disc")
    (fresh.photos / "bars" / "bars-000.jpg").write_bytes((fresh.photos / "bars" / "bars-001.jpg").read_bytes())
    with opened(fresh.photos, fresh.here.project.overlay) as again:
        assert again.here.project.verify() == 1
        assert again.get("/api/picture/0")["labels"] == ["bars"]


def test_two_people_at_once_both_stay_in_the_file_and_are_shown(fresh: Open) -> None:
    fresh.decide(0, "relabel", "disc", who="ann")
    told = fresh.decide(0, "relabel", "cross", who="bob")["rows"][0]
    assert told["against"] == "ann said relabel disc"
    assert told["conflict"]
    rows = Overlay.read(fresh.here.project.overlay).rows
    assert [(row.who, row.to) for row in rows] == [("ann", "disc"), ("bob", "cross")]
    assert "not having seen" in rows[1].note
    assert fresh.get("/api/changes?since=1")["rows"][0]["conflict"]
    same = fresh.decide(1, "drop", who="ann"), fresh.decide(1, "drop", who="bob")
    assert not same[1]["rows"][0]["conflict"], "the same answer twice is no conflict"
    settled = fresh.decide(0, "relabel", "disc", version=told["version"], who="ann")["rows"][0]
    assert not settled["conflict"]


def test_many_answers_at_once_lose_none(fresh: Open) -> None:
    def work(who: str) -> None:
        for row in range(9):
            fresh.decide(row, "relabel", who, who=who)

    threads = [threading.Thread(target=work, args=(who,)) for who in ("ann", "bob", "eve", "kim")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = Overlay.read(fresh.here.project.overlay).rows
    assert sorted((row.who, row.picture) for row in rows) == sorted(
        (who, fresh.here.project.name(row)) for who in ("ann", "bob", "eve", "kim") for row in range(9)
    )


def test_a_picture_that_is_deleted_while_shown(fresh: Open) -> None:
    (fresh.photos / "bars" / "bars-001.jpg").unlink()
    assert fresh.ask.get("/api/thumb/1").status_code == 404
    assert fresh.ask.get("/api/thumbs?rows=1").content == b"\0\0\0\0"
    assert "cannot be read any more" in fresh.get("/api/picture/1")["why"]
    assert "cannot be read any more" in fresh.decide(1, "keep", status=404)["error"]
    assert not fresh.here.project.overlay.exists()
    assert fresh.here.project.version[1] == 0


def test_a_full_disk_loses_no_answer_and_writes_no_half_one(fresh: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.decide(0, "drop")
    before, real, left = fresh.here.project.overlay.read_bytes(), os.write, [20]

    def full(handle: int, data: Any) -> int:
        """Takes 20 bytes and then none, as a disk does."""
        if not left[0]:
            raise OSError(28, "No space left on device")
        took = real(handle, bytes(data)[: left[0]])
        left[0] = 0
        return took

    monkeypatch.setattr("linne.core.journal.os.write", full)
    answer = fresh.decide(1, "relabel", "disc", status=507)
    assert "disk is full" in answer["error"]
    assert fresh.here.project.overlay.read_bytes() == before
    assert fresh.get("/api/picture/1")["version"] == 0
    monkeypatch.undo()
    fresh.decide(1, "relabel", "disc")
    assert len(Overlay.read(fresh.here.project.overlay).rows) == 2


@pytest.mark.parametrize("body", [
    {"row": 0, "decision": "burn"}, {"row": 99, "decision": "keep"}, {"row": 0, "decision": "relabel"},
    {"row": 0, "decision": "keep", "to": ["disc"]}, {"row": 0, "decision": "relabel", "to": ["a", "b"]},
    {"row": 0, "decision": "relabel", "to": ["a\nb"]}, {"row": 0, "decision": "accept"},
])  # fmt: skip
def test_a_wrong_decision_is_refused_whole(fresh: Open, body: dict[str, Any]) -> None:
    good = {"row": 1, "decision": "keep"}
    answer = fresh.post("/api/decide", {"answers": [good, body]}, 400)
    assert answer["error"]
    assert not fresh.here.project.overlay.exists()
    assert fresh.here.project.state.sum() == 0


@pytest.mark.parametrize("text", PAYLOADS)
def test_odd_text_is_text_or_refused(fresh: Open, text: str) -> None:
    answer = fresh.ask.post(
        "/api/decide",
        content=json.dumps({"answers": [{"row": 0, "decision": "relabel", "to": [text]}], "who": text}),
        headers={"x-linne": "1", "content-type": "application/json"},
    )
    assert answer.status_code in (200, 400, 422)
    if answer.status_code == 200:
        assert Overlay.read(fresh.here.project.overlay).rows[0].to == text
        assert fresh.get("/api/picture/0")["labels"] == [text]


def test_a_spreadsheet_may_save_the_file_meanwhile(fresh: Open) -> None:
    fresh.decide(0, "drop")
    path = fresh.here.project.overlay
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    path.write_text("\n".join(";".join(row) for row in rows) + "\n", encoding="utf-16")
    fresh.decide(1, "keep")
    fresh.decide(2, "unsure")
    assert [row.decision for row in Overlay.read(path).rows] == ["drop", "keep", "unsure"]


def test_a_run_that_went_on_without_the_studio_is_shown_when_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[Any]()
    monkeypatch.setattr(Jobs, "again", lambda _, then: told.append(then))
    run = write_run(tmp_path / "run", np.arange(60) % 2 == 0)
    with opened(write_folder(tmp_path / "photos", 2), tmp_path / "fixes.csv") as one:
        assert one.here.run is None
        (then,) = told
        then({"run": str(run)})
        assert one.here.run is not None
        assert one.here.run.path == run


def test_what_runs_ends_with_the_studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linne.web.studio.jobs.COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    with opened(write_folder(tmp_path / "photos", 2), tmp_path / "fixes.csv") as one:
        job = one.here.jobs.start("map", ["map"])
        until(lambda: job.pid)
    until(lambda: job.state == "stopped")
    assert job.process is not None
    assert job.process.poll() is not None


def test_a_picture_that_changed_gets_a_new_thumbnail_and_a_cache_over_its_limit_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "cache"))
    paths = sorted(write_folder(tmp_path / "photos", 1).rglob("*.jpg"))
    made = list[Path]()
    real = thumbs.jpeg
    monkeypatch.setattr(thumbs, "jpeg", lambda item, side: (made.append(item), real(item, side))[1])

    def shown() -> bytes:
        one = Thumbs([paths[0]])
        found = one.get([0])[0]
        one.close()
        return found

    first = shown()
    assert (shown(), len(made)) == (first, 1), "kept from one studio to the next"
    paths[0].write_bytes(paths[1].read_bytes())
    second = shown()
    assert second != first
    assert (shown(), len(made)) == (second, 2)
    monkeypatch.setattr(thumbs, "limit", lambda folder: 0)
    assert (shown(), len(made)) == (second, 3)


def test_a_file_of_many_labels_is_decided_whole(fresh: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "PART", 2)
    names = [fresh.here.project.name(row) for row in range(5)]
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(["image,label", *(f"{name},owl" for name in names), "stranger.jpg,owl"]) + "\n")
    (fresh.photos / "stranger.jpg").write_bytes((fresh.photos / names[0]).read_bytes())
    told = handover.read(fresh.here.project, path, "ann")
    assert (told["decided"], told["same"]) == (5, 0)
    assert [row.to for row in Overlay.read(fresh.here.project.overlay).rows] == ["owl"] * 5
    assert handover.read(fresh.here.project, path, "ann")["same"] == 5


def test_a_disk_that_fails_otherwise_is_no_full_one() -> None:
    request: Any = None
    for number, full in ((errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EIO, False)):
        wrong = OSError(number, os.strerror(number), "a.npz")
        if full:
            answer = asyncio.run(_full(request, wrong))
            assert (answer.status_code, b"a.npz" in bytes(answer.body)) == (507, True)
        else:
            with pytest.raises(OSError, match="Input/output"):
                asyncio.run(_full(request, wrong))


def test_what_is_wrong_with_a_request_can_be_sent_whatever_it_held() -> None:
    request: Any = None
    wrong = RequestValidationError([{"loc": ("body", "caf\udce9"), "msg": "no \x1b[31m"}])
    answer = asyncio.run(_shaped(request, wrong))
    assert answer.status_code == 422
    assert "\x1b" not in json.loads(answer.body)["error"]


def test_the_server_knows_no_torch() -> None:
    import subprocess

    code = "import sys, linne.web.studio.app, linne.verbs.studio; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
