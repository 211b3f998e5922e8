"""Train, Try and Export of the studio: their routes, with one small run."""

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

import linne
from linne.core.overlay import Overlay
from linne.core.run import Run
from linne.engine.cache import Store
from linne.web.studio import answers, runs
from tests.conftest import draw
from tests.web.answering import trained
from tests.web.studio.made import Open, opened


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    photos, run = trained()
    root = tmp_path_factory.mktemp("working")
    (root / "runs").mkdir()
    (root / "runs" / "first").symlink_to(run, target_is_directory=True)
    with opened(photos, root / "fixes.csv", run=Run(run)) as one:
        yield one


def given(shape: str, seed: int = 90) -> dict[str, str]:
    file = io.BytesIO()
    Image.fromarray(draw(shape, seed)).save(file, "JPEG", quality=92)
    return {"name": f"<b>{shape}</b>.jpg", "data": base64.b64encode(file.getvalue()).decode()}


def waited(one: Open, kind: str) -> dict[str, Any]:
    for _ in range(600):
        job = next(job for job in one.get("/api/jobs") if job["kind"] == kind)
        if job["state"] in ("done", "failed", "stopped"):
            return one.get(f"/api/jobs/{job['id']}")
        time.sleep(0.1)
    raise AssertionError("the job does not end")


def test_pictures_are_answered(studio: Open, tmp_path: Path) -> None:
    told = studio.post("/api/try/predict", {"pictures": [given("disc"), given("cross"), {"name": "x", "data": "eA=="}]})
    disc, cross, broken = told["answers"]
    assert (disc["label"], cross["label"]) == ("disc", "cross")
    assert disc["name"] == "<b>disc</b>.jpg"
    chances = [value for _, value in disc["probabilities"]]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(1, abs=1e-4)
    file = tmp_path / "disc.jpg"
    file.write_bytes(base64.b64decode(given("disc")["data"]))
    offline = linne.predict(trained()[1], file, coverage=0.95, runtime="eager")
    assert dict(disc["probabilities"]) == pytest.approx(
        dict(zip(offline.classes, offline.probabilities[0], strict=True)), abs=1e-5
    )
    assert tuple(disc["set"]) == offline.sets[0]
    assert disc["unknown"] == linne.predict(trained()[1], file, unknown=0.95, runtime="eager").unknown[0]
    assert Image.open(io.BytesIO(base64.b64decode(disc["heat"]))).size == (224, 224)
    assert len(disc["near"]) == 6
    assert disc["near"][0]["likeness"] >= disc["near"][5]["likeness"]
    assert studio.get(f"/api/names?rows={disc['near'][0]['row']}")[0] == disc["near"][0]["name"]
    assert broken["label"] is None
    assert broken["problem"]
    plain = studio.post(
        "/api/try/predict", {"pictures": [given("bars")], "heat": False, "near": False, "coverage": 0, "unknown": 0}
    )
    assert set(plain["answers"][0]) == {"name", "label", "problem", "probabilities"}
    assert studio.post("/api/try/predict", {"pictures": [{"data": "!"}]}, 400)["error"] == "Picture 0 is not in base64."


def test_of_many_classes_the_likeliest_are_told_and_a_promise_that_cannot_be_kept_is_said(
    studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linne.web.studio.answers.TOP", 2)
    asked = {"pictures": [given("disc")], "heat": False, "near": False}
    told = studio.post("/api/try/predict", asked | {"coverage": 0.9999, "unknown": 0})
    assert told["answers"][0]["probabilities"][0][0] == "disc"
    assert len(told["answers"][0]["probabilities"]) == 2
    assert told["classes"] == 3
    assert "set" not in told["answers"][0]
    assert len(told["notes"]) == 1
    assert "0.9999" in told["notes"][0]


def test_pictures_are_alike_by_the_cosine_of_their_features(studio: Open) -> None:
    """One that taught is most like itself, and wholly, as far as the runtime goes that was the fastest: bfloat16 moves
    features by up to 8 %, a cosine by 0.003."""
    name = next(str(name) for name in Run(trained()[1]).predictions("train").names if str(name).startswith("disc/"))
    picture = {"data": base64.b64encode((trained()[0] / name).read_bytes()).decode()}
    near = studio.post("/api/try/predict", {"pictures": [picture], "heat": False})["answers"][0]["near"]
    likeness = [one["likeness"] for one in near]
    assert max(likeness) <= 1.001
    assert likeness == sorted(likeness, reverse=True)
    assert (near[0]["name"], likeness[0]) == (name, pytest.approx(1, abs=0.01))


def test_the_run_that_is_open_is_the_one_that_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(answers, "Answering", lambda run: SimpleNamespace(run=run))
    kept, (one, two) = dict[str, Any](), (SimpleNamespace(path=tmp_path / name) for name in "ab")
    first: Any = answers.opened(kept, one)  # type: ignore[arg-type]
    assert answers.opened(kept, one) is first  # type: ignore[arg-type]
    second: Any = answers.opened(kept, two)  # type: ignore[arg-type]
    assert (first.run, second.run) == (one, two)


def test_who_is_enrolled_is_recognised(studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = list[bytes]()
    monkeypatch.setattr(Store, "put", lambda _, key, value: kept.append(key))
    assert studio.get("/api/try/gallery")["identities"] == []
    for shape in ("disc", "bars"):
        pictures = [given(shape, seed) for seed in (91, 92, 93)]
        told = studio.post("/api/try/enrol", {"pictures": pictures, "name": f"the {shape}"})
    assert set(told["identities"]) == {"the bars", "the disc"}
    found = studio.post("/api/try/identify", {"pictures": [given("disc", 94)]})["answers"][0]
    assert found["nearest"][0]["name"] == "the disc"
    assert kept == [], "what a person drops is not kept for the next time"
    folder = Path(studio.get("/api/try/gallery")["path"])
    assert folder == studio.here.project.overlay.absolute().parent / "fixes.gallery"
    assert not list(folder.rglob("*.jpg")), "features are kept, not pictures"


def test_runs_are_listed_with_their_figures(studio: Open) -> None:
    one = next(one for one in studio.get("/api/train/runs") if one["name"] == "first")
    run = Run(trained()[1])
    head = run.figures["headline"]
    assert (one["state"], one["value"], one["low"], one["n"]) == ("done", head["value"], head["low"], head["n"])
    assert one["report"]
    log = studio.get(f"/api/train/log/{one['id']}")
    assert log["state"] == "done"
    assert any("first classifier" in line["say"] or "done in" in line["say"] for line in log["lines"])
    assert studio.get(f"/api/train/log/{one['id']}?since={log['next']}")["lines"] == []
    report = studio.ask.get(f"/api/train/report/{one['id']}")
    assert report.text == (run.path / "report.html").read_text(encoding="utf-8")
    policy = report.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert studio.post("/api/train/use", {"run": one["id"]})["run"]
    assert studio.ask.get("/api/train/log/0123456789abcdef").status_code == 400
    assert studio.ask.get("/api/train/log/..%2F..%2Fetc").status_code in (404, 422)


def test_a_log_is_read_on_and_says_nothing_else(tmp_path: Path) -> None:
    gain = {"value": 0.1, "low": 0.0, "high": 0.2}
    lines: list[Any] = [{"at": 1, "say": "<b>x</b>\x1b[31m", "secret": "no", "epoch": 1.5, "loss": float("nan")}]
    lines.append({"say": "r", "rung": {"rung": "tail", "kept": False, "gain": gain}})
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"say": "half')
    told = runs.log(tmp_path, 0)
    assert told["lines"] == [
        {"say": "<b>x</b>\\x1b[31m", "at": 1, "epoch": 1.5, "loss": None},
        {"say": "r", "rung": {"rung": "tail", "kept": False, "value": 0.1, "low": 0.0, "high": 0.2, "gain": True}},
    ]
    path.write_text(path.read_text() + '"}\nnot json\n[1]\n')
    assert [line["say"] for line in runs.log(tmp_path, told["next"])["lines"]] == ["half"]
    assert runs.log(tmp_path, 10**9)["lines"][0]["say"].startswith("<b>")
    assert runs.log(tmp_path / "absent", 5) == {"next": 0, "lines": []}


def test_a_line_that_is_longer_than_what_is_read_at_once_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PART", 64)
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps({"say": "x" * 200}) + "\n")
    told = runs.log(tmp_path, 0)
    assert told == {"next": path.stat().st_size, "lines": []}, "a page that asks from there goes on"
    with path.open("a") as file:
        file.write(json.dumps({"say": "on"}) + "\n")
    assert [line["say"] for line in runs.log(tmp_path, told["next"])["lines"]] == ["on"]


def test_a_run_is_begun_stopped_and_gone_on_with(studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.here.jobs, "_work", lambda: None)  # what it would run is looked at
    monkeypatch.setattr(studio.here.jobs, "_thread", object())
    told = studio.post("/api/train/start", {"name": "two", "minutes": 1.5, "method": "tail", "metric": "macro_f1"})
    home = studio.here.project.overlay.absolute().parent / "runs"
    assert told["command"] == (
        f"linne train {studio.here.source} --minutes 1.5 --method tail --metric macro_f1 --out {home / 'two'}"
    )
    assert studio.post(f"/api/jobs/{told['id']}/stop", {})["state"] == "stopped"
    (home / "two").mkdir()
    (home / "two" / "recipe.toml").write_text((trained()[1] / "recipe.toml").read_text())
    one = next(one for one in studio.get("/api/train/runs") if one["name"] == "two")
    assert (one["id"], one["state"]) == (told["run"], "unfinished")
    assert studio.post("/api/train/use", {"run": told["run"]}, 409)["error"]
    again = studio.post("/api/train/go_on", {"run": one["id"]})
    assert again["command"].endswith(f"--recipe {home / 'two' / 'recipe.toml'} --out {home / 'two'}")
    studio.post(f"/api/jobs/{again['id']}/stop", {})
    assert "already" in studio.post("/api/train/start", {"name": "two"}, 400)["error"]
    for name in ("../x", "a/b", "/etc", ".hidden", "a\nb", "try #1"):
        assert "letters, digits, spaces" in studio.post("/api/train/start", {"name": name}, 400)["error"]
    assert studio.post("/api/train/use", {"run": one["id"]}, 409)


def test_labels_go_out_and_come_in(tmp_path: Path) -> None:
    from tests.conftest import write_folder

    photos = write_folder(tmp_path / "photos", 2)
    with opened(photos, tmp_path / "fixes.csv") as one:
        one.decide(0, "relabel", "cross")
        job = one.post("/api/exchange/labels", {"to": "cvat"})
        assert job["command"].endswith("--to cvat --overlay " + str(tmp_path / "fixes.csv") + " --out fixes.labels.xml")
        done = waited(one, "labels")
        assert done["state"] == "done", done
        told = one.get(f"/api/exchange/written/{done['id']}")
        assert (told["pictures"], told["labelled"], told["base"]) == (6, 6, str(photos))
        answer = one.ask.get(f"/api/exchange/file/{done['id']}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert "attachment" in answer.headers["content-disposition"]
        same = one.post("/api/exchange/read", {"name": "x.xml", "text": answer.text})
        assert (same["decided"], same["same"], same["strangers"]) == (0, 6, 0)
        name = one.get("/api/names?rows=1")[0]
        text = f"image,label\n{name},disc\n../../etc/passwd,disc\nhttp://127.0.0.1:1/a.jpg,disc\n"
        came = one.post("/api/exchange/read", {"name": "C:\\x\\a.csv", "text": text, "who": "bob"})
        assert came["decided"] == 1
        last = Overlay.read(tmp_path / "fixes.csv").rows[-1]
        assert (last.picture, last.decision, last.to, last.who) == (name, "relabel", "disc", "bob")
        assert "ends with" in one.post("/api/exchange/read", {"name": "a.exe", "text": "x"}, 400)["error"]
        bomb = '<!DOCTYPE a [<!ENTITY a "aa">]><annotations/>'
        assert "entities" in one.post("/api/exchange/read", {"name": "a.xml", "text": bomb}, 400)["error"]
        assert not list(one.here.home.glob("imported*"))
        assert one.ask.get("/api/exchange/file/99").status_code == 400
