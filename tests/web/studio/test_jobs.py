"""The studio's jobs: what each comes to, how it is stopped, and that it goes on without its page."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.applied import apply
from linne.core.errors import OptionError
from linne.core.load import load
from linne.core.measure import content_hash
from linne.core.overlay import Overlay
from linne.web.studio.jobs import Job, Jobs, _end, written
from linne.web.studio.left import alive, born, tailed
from linne.web.studio.routes.findings import _compared
from tests.runs import write_run
from tests.waiting import until
from tests.web.studio.made import Open, flat, opened, tree


def waited(one: Open, number: int) -> dict[str, Any]:
    told = dict[str, Any]()

    def over() -> bool:
        told.update(one.get(f"/api/jobs/{number}"))
        return told["state"] not in ("waiting", "running")

    until(over, "the job does not end", 180)
    return told


def test_a_folder_without_labels_is_labelled_and_can_be_learned_from(tmp_path: Path, photos: Path) -> None:
    folder = flat(tmp_path / "flat", photos)
    before = tree(folder)
    with opened(folder, tmp_path / "labels.csv") as one:
        assert one.get("/api/queue")["left"] == 36
        assert "Label 6 or more" in one.post("/api/suggest", {}, 400)["error"]
        for row, name in enumerate(one.get("/api/names?rows=" + ",".join(map(str, range(36))))):
            if row % 2:
                one.decide(row, "relabel", name.split("-")[0])
        assert one.get("/api/queue")["left"] == 18
        job = one.post("/api/suggest", {})
        assert f"--overlay {tmp_path / 'labels.csv'}" in job["command"]
        told = waited(one, job["id"])
        assert told["state"] == "done", told
        queue = one.get("/api/queue")
        assert queue["order"] == "suggest"
        assert {row["guess"] for row in queue["rows"]} <= {"bars", "cross", "disc"}
        assert len(Overlay.read(one.here.project.overlay).rows) == 18, "nothing is written that nobody decided"
    images, overlay = load(folder), Overlay.read(tmp_path / "labels.csv")
    marks = np.array([content_hash(path.read_bytes()) for path in images.items], "V16")
    learned = apply(overlay, images, marks).images
    assert learned.classes == ("bars", "cross", "disc")
    told = [
        (learned.classes[label], name) for label, name in zip(learned.labels, learned.names, strict=True) if label >= 0
    ]
    assert all(name.startswith(label) for label, name in told)
    assert len(told) == 18
    assert tree(folder) == before


def test_checks_and_the_map_are_jobs(studio: Open) -> None:
    check, mapped = studio.post("/api/check", {}), studio.post("/api/map", {})
    assert waited(studio, check["id"])["state"] == "done"
    assert waited(studio, mapped["id"])["state"] == "done"
    assert all(0 <= row < 18 for one in studio.get("/api/findings") for row in one["rows"])
    place = np.frombuffer(studio.ask.get("/api/map").content, "<f4").reshape(18, 2)
    assert np.isfinite(place).all()
    assert abs(place).max() <= 1
    like = studio.get("/api/similar/0?n=5")["rows"]
    assert sum(row < 6 for row in like) >= 4, "bars are like bars"
    assert 0 not in like


def test_what_decisions_brought_is_after_less_before(studio: Open, tmp_path: Path) -> None:
    right = np.arange(60) % 2 == 0
    runs = [
        write_run(tmp_path / name, how) for name, how in (("before", right), ("after", right | (np.arange(60) < 30)))
    ]
    _compared(studio.here, *map(str, runs))
    assert waited(studio, studio.here.jobs.all()[0].number)["state"] == "done"
    told = studio.get("/api/worth")
    assert (told["before"]["value"], told["after"]["value"]) == (0.5, 0.75)
    assert told["value"] == pytest.approx(0.25)
    assert 0 < told["low"] < 0.25 < told["high"]
    assert told["sentence"].startswith("better by 25.0 points")


def test_a_job_is_stopped(studio: Open) -> None:
    job = studio.post("/api/map", {})
    studio.post(f"/api/jobs/{job['id']}/stop", {})
    assert waited(studio, job["id"])["state"] == "stopped"


LISTENING = """import signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN if sys.argv[1] == "deaf" else signal.default_int_handler)
print("up", file=sys.stderr, flush=True)
time.sleep(600)"""


def test_what_runs_is_interrupted_then_killed_and_what_waits_is_never_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linne.web.studio.jobs.COMMAND", (sys.executable, "-c", LISTENING))
    jobs = Jobs(tmp_path)
    usual, deaf, never = (jobs.start(word, [word]) for word in ("usual", "deaf", "never"))
    assert jobs.start("usual", ["usual"]) is usual, "it is on its way"
    until(lambda: "up" in usual.lines)
    assert jobs.stop(never.number).state == "stopped"
    jobs.stop(usual.number)
    until(lambda: usual.state == "stopped")
    assert usual.process is not None
    assert usual.process.returncode != -signal.SIGKILL, "it ended by itself"
    until(lambda: "up" in deaf.lines)
    monkeypatch.setattr("linne.web.studio.jobs.GRACE", 0.1)
    jobs.close()
    until(lambda: deaf.state == "stopped")
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL
    assert never.process is None


ENDING = """import json, sys
print("linne: nearly there", file=sys.stderr)
print(json.dumps({"word": sys.argv[1]}) if sys.argv[1] != "broken" else "{", flush=True)
sys.exit({"gate": 1, "mistake": 2}.get(sys.argv[1], 0))"""


def test_what_a_job_comes_to_is_read_off_its_end_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed gate (1) is a result, of a mistake (2) the last line is told; what comes after one runs all the same."""
    monkeypatch.setattr("linne.web.studio.jobs.COMMAND", (sys.executable, "-c", ENDING))
    jobs, told = Jobs(tmp_path), list[Any]()

    def fails(found: Any) -> None:
        raise LookupError("no such run")

    odd = jobs.start("odd", ["odd"], fails)
    broken, mistake, gate = (jobs.start(word, [word], told.append) for word in ("broken", "mistake", "gate"))
    until(lambda: all(job.state in ("done", "failed") for job in jobs.all()))
    assert (gate.state, gate.why, told) == ("done", "", [{"word": "gate"}])
    assert (mistake.state, mistake.why, mistake.result) == ("failed", "nearly there", None)
    assert (odd.state, odd.why) == ("failed", "what it gave cannot be used: no such run")
    assert broken.state == "failed"
    assert broken.why.startswith("what it gave cannot be used")
    assert jobs.last("gate") is gate
    assert jobs.last("mistake") is None
    with pytest.raises(OptionError, match=f"Job {gate.number} ends with the studio"):
        jobs.stay(gate.number, True)
    with pytest.raises(OptionError, match="There is no job 9"):
        jobs.get(9)
    jobs.close()


def test_another_s_process_is_not_taken_for_the_one_that_was_left(tmp_path: Path) -> None:
    """Its number may be given again, after a restart of the machine."""
    record = {"kind": "train", "words": ["train"], "begun": 1.0, "pid": os.getpid(), "born": "1"}
    for text in (json.dumps(record), "{", json.dumps({"kind": "train"})):
        (tmp_path / "lasting.json").write_text(text)
        assert Jobs(tmp_path, tmp_path).again(lambda found: None) is None
    assert Jobs(tmp_path).again(lambda found: None) is None, "without a home nothing lasts"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells whether a process has ended")
def test_a_process_that_ended_and_that_nobody_waits_for_runs_no_more() -> None:
    assert alive(os.getpid())
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        until(lambda: Path(f"/proc/{ended.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
        assert not alive(ended.pid)


def test_the_last_line_is_told_also_without_its_end(tmp_path: Path) -> None:
    (tmp_path / "said").write_text("one\ntwo\nthr")
    assert list(tailed(tmp_path / "said", lambda: False)) == ["one", "two", "thr"]


def test_several_labels(tmp_path: Path, photos: Path) -> None:
    table = tmp_path / "several.csv"
    names = sorted(path for path in photos.rglob("*.jpg"))[:6]
    lines = [f"{path},{'red;round' if k % 2 else 'red'}" for k, path in enumerate(names)]
    table.write_text("\n".join(["image,labels", *lines]) + "\n")
    with opened(f"several({table}, label=labels)", tmp_path / "fixes.csv") as one:
        assert one.get("/api/picture/1")["labels"] == ["red", "round"]
        assert one.decide(0, "relabel", "round", "blue")["rows"][0]["labels"] == ["round", "blue"]
        row = Overlay.read(one.here.project.overlay).rows[0]
        assert row.to == "round;blue"
        assert "has" in [name for name, _, _ in one.get("/api/columns")]
        one.decide(0, "undo", version=1)
        assert one.get("/api/picture/0")["labels"] == ["red"]


def test_none_of_several_labels_and_what_to_label_next(tmp_path: Path, photos: Path) -> None:
    table = tmp_path / "several.csv"
    paths = sorted(path for path in photos.rglob("*.jpg"))
    words = {"bars": "straight", "cross": "straight;two", "disc": "round"}
    cells = [words[path.parent.name] if k % 3 else "?" for k, path in enumerate(paths)]
    lines = [f"{path},{cell}" for path, cell in zip(paths, cells, strict=True)]
    table.write_text("\n".join(["image,labels", *lines]) + "\n")
    with opened(f"several({table}, label=labels)", tmp_path / "fixes.csv") as one:
        assert one.get("/api/queue")["left"] == 12
        told = one.decide(0, "relabel", ";")["rows"][0]
        assert (told["labels"], told["known"]) == ([], True)
        assert one.get("/api/queue")["left"] == 11
        assert one.here.project.figures()["blank"] == 11
        assert one.decide(1, "relabel", "straight", ";", status=400)
        check, job = one.post("/api/check", {}), one.post("/api/suggest", {})
        assert waited(one, check["id"])["state"] == "done"
        assert waited(one, job["id"])["state"] == "done", waited(one, job["id"])
        queue = one.get("/api/queue")
        assert queue["order"] == "suggest"
        assert {row["row"] for row in queue["rows"]} == {row for row in range(1, 36) if row % 3 == 0}
        assert all(0.5 <= row["confidence"] <= 1 for row in queue["rows"])


def test_a_job_goes_on_without_the_studio_and_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import time; from pathlib import Path; from linne.core.leash import leash\n"
        "leash()\n"
        "while not Path('go').exists(): time.sleep(0.02)\n"
        "print('{\"run\": 7}')"
    )
    monkeypatch.setattr("linne.web.studio.jobs.COMMAND", (sys.executable, "-c", code))
    first, found = Jobs(tmp_path, tmp_path), list[Any]()
    left, ends = (first.start("train", ["train"], lasts=True, stays=stays) for stays in (True, False))
    until((tmp_path / "lasting.json").exists)
    assert left is ends, "the same words are the same job"
    first.close()
    assert [job.number for job in first.left()] == [left.number]
    assert left.process is not None
    assert left.process.stdin is not None
    left.process.stdin.close()  # as it is when the studio ends
    again = Jobs(tmp_path, tmp_path)
    job = again.again(found.append)
    assert job is not None
    assert job.pid == left.pid
    (tmp_path / "go").touch()
    left.process.wait(60)
    until(lambda: job.state not in ("waiting", "running"))
    assert (job.state, found) == ("done", [{"run": 7}])
    assert Jobs(tmp_path, tmp_path).again(found.append) is None, "it is told once"


def test_another_process_under_the_number_of_one_that_ended_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    job, sent = Job(1, "train", ("train",), pid=os.getpid(), born=born(os.getpid())), list[Any]()
    assert job.goes_on()
    job.born = "1"
    assert not job.goes_on()
    monkeypatch.setattr(os, "killpg", lambda *given: sent.append(given))
    _end(job)
    assert sent == []


def test_a_job_that_could_last_leaves_no_pipe_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linne.web.studio.jobs.COMMAND", (sys.executable, "-c", "print('{}')"))
    jobs = Jobs(tmp_path, tmp_path)
    job = jobs.start("train", ["train"], lasts=True)
    until(lambda: job.state not in ("waiting", "running"))
    assert job.state == "done"
    assert job.process is not None
    assert job.process.stdin is not None
    assert job.process.stdin.closed
    jobs.close()


def test_a_command_names_what_lies_below_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["train", "a b", "--out", str(tmp_path / "runs" / "x"), "--overlay", str(tmp_path / "-o"), str(tmp_path)]
    assert written(words) == f"linne train 'a b' --out runs/x --overlay {tmp_path}/-o {tmp_path}"
