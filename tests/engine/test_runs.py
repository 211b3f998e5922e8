import json

import numpy as np

from linne.core.run import Run
from linne.engine.folder import note_read
from linne.engine.runs import about, choosing, times
from tests.runs import write_run

GAIN = {"value": 0.06, "low": 0.02, "high": 0.09}
LOG = [
    {"at": 1.0, "say": "looked at pictures"},
    {"at": 9.0, "say": "first", "rung": {"rung": "probe", "seconds": 9.0, "value": 0.8, "low": 0.7, "high": 0.9}},
    {"at": 40.0, "say": "tail", "rung": {"rung": "tail", "seconds": 40.0, "kept": True, "gain": GAIN}},
    {"at": 90.0, "say": "full", "rung": {"rung": "full", "seconds": 90.0, "kept": False, "gain": GAIN}},
]


def made(tmp_path, name="a", lines=(), **figures) -> Run:
    run = Run(write_run(tmp_path / name, np.ones(9, bool), **figures))
    (run.path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


def test_times_of_a_ladder(tmp_path):
    found = times(made(tmp_path, lines=LOG).path)
    assert [(one["rung"], one["seconds"], round(one["value"], 3), one["kept"]) for one in found] == [
        ("probe", 9.0, 0.8, True),
        ("tail", 40.0, 0.86, True),
        ("full", 90.0, 0.92, False),
    ]
    assert round(found[1]["low"], 3) == 0.82


def test_no_times_where_the_log_does_not_say(tmp_path):
    assert times(made(tmp_path, lines=LOG[:1]).path) == []
    run = made(tmp_path, "b")
    (run.path / "log.jsonl").write_text('{"rung": {broken\n')
    assert times(run.path) == []
    (run.path / "log.jsonl").unlink()
    assert times(run.path) == []


def test_about_a_run(tmp_path):
    found = about(made(tmp_path, curve=[{"epoch": 1, "loss": 0.5}], rung="tail"))
    assert (found["seconds"], found["bytes"], found["rung"], found["changed"]) == (12.3, 1000, "tail", {})
    assert found["curve"] == [{"epoch": 1, "loss": 0.5}]


def test_a_choice_by_test_pictures_is_counted_once(tmp_path):
    runs = [made(tmp_path, name) for name in "ab"]
    note_read(runs[0].path, "the final classifier, once")
    for _ in range(2):
        said = choosing("test", runs, note_read)
        assert "read 2 times by now; choosing a run by them uses them up" in said
        assert [run.reads for run in runs] == [2, 1]


def test_other_parts_read_no_test_picture(tmp_path):
    runs = [made(tmp_path, name) for name in "ab"]
    for part in ("validation", "train"):
        assert "the test pictures were not read" in choosing(part, runs, note_read)
    assert [run.reads for run in runs] == [0, 0]
