"""A whole search on small pictures: who may be looked at, what is kept, killed and gone on with, two at once."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from linne.cli import main
from linne.core.errors import OptionError, RunError
from linne.core.predictions import Predictions
from linne.core.recipe import Recipe
from linne.engine import confirm
from linne.engine import search as engine
from linne.engine.ground import Deadline, Late
from linne.engine.search import began, claim
from linne.verbs.search import search
from linne.verbs.train import train
from tests.verbs.test_training_input import bars

TINY: dict[str, Any] = {"model": "air(widths=(8,8))", "weights": "none", "size": 28, "check": "none", "epochs": 2.0,
                        "batch": 32, "runtime": "eager", "seed": 3}  # fmt: skip
SPACE = "lr=1e-3..1e-1,schedule=cosine|linear"
FLAGS = ["--model", "air(widths=(8,8))", "--weights", "none", "--size", "28", "--check", "none", "--epochs", "2",
         "--batch", "32", "--runtime", "eager", "--seed", "3", "--space", SPACE]  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    for part, each, start in (("train", 60, 0), ("test", 6, 200)):
        bars(root / part, each, start)
    return root


@pytest.fixture(scope="module")
def done(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("searches") / "a"
    search(small, space=SPACE, minutes=30, trials=3, out=out, **TINY)
    return out


def trials(out: Path) -> list[dict[str, Any]]:
    return json.loads((out / "report.json").read_text(encoding="utf-8"))["trials"]


def test_what_a_search_leaves(done: Path, small: Path) -> None:
    found = json.loads((done / "report.json").read_text(encoding="utf-8"))
    assert [one["as_is"] for one in found["trials"]] == ["start", "", ""]
    assert found["choose"] + found["confirm"] == found["n"] == 120
    head = (done / "recipe.toml").read_text(encoding="utf-8").splitlines()[:3]
    assert head == [
        f"# {found['command']}",
        f"# {found['verdict']['sentence']}",
        f"# {found['verdict']['figure_sentence']}",
    ]
    kept = Recipe.load(done / "recipe.toml")
    changed = {name: new for name, (_, new) in found["settings"].items()}
    start = {"method": "supervised", "epochs": 2.0, "batch": 32, "minutes": 0.0}
    assert kept == Recipe.of({**TINY, **start, **changed})
    assert set(changed) <= {"lr", "schedule"}
    assert found["command"] in (done / "report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    assert f"linne train {small}" in (done / "report.txt").read_text(encoding="utf-8")


def test_no_picture_both_judges_trials_and_confirms(done: Path) -> None:
    chose, confirmed = ([set(np.load(path)["rows"].tolist()) for path in (done / "outcomes").glob(f"{word}-*.npz")]
                        for word in ("trial", "confirm"))  # fmt: skip
    assert chose
    assert confirmed
    assert all(one == chose[0] for one in chose)
    assert all(one == confirmed[0] for one in confirmed)
    assert not chose[0] & confirmed[0]
    assert chose[0] | confirmed[0] == set(range(120))


def test_the_start_is_among_what_is_compared_and_values_are_their_figures(done: Path) -> None:
    table = parquet.read_table(done / "images.parquet")
    labels = np.unique(table["label"].to_pylist(), return_inverse=True)[1]
    whole = [one for one in trials(done) if one["state"] == "complete"]
    assert whole
    for one in whole:
        with np.load(done / "outcomes" / f"trial-{one['number']:05d}.npz") as kept:
            right = kept["logits"].argmax(1) == labels[kept["rows"]]
        assert one["value"] == pytest.approx(right.mean())


def test_given_test_pictures_are_never_opened(small: Path, tmp_path: Path) -> None:
    shutil.copytree(small, tmp_path / "data")
    for path in (tmp_path / "data" / "test").rglob("*.png"):
        path.write_bytes(b"nothing that can be read")
    opened: list[str] = []
    sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
    found = search(tmp_path / "data", space=SPACE, minutes=30, trials=1, out=tmp_path / "out", **TINY)
    assert found.found["trials"][0]["state"] == "complete"
    pictures = [path for path in opened if path.endswith(".png")]
    assert sum("/train/" in path for path in pictures) >= 120
    assert not any("/test/" in path for path in pictures)
    names = parquet.read_table(tmp_path / "out" / "images.parquet")["name"].to_pylist()
    assert len(names) == 120
    assert not any(name.startswith("test/") for name in names)


def test_a_dealt_split_is_the_one_that_training_deals(tmp_path: Path) -> None:
    bars(tmp_path / "data", 130)
    plain = {name: value for name, value in TINY.items() if name not in ("epochs", "batch")}
    found = search(tmp_path / "data", space="resize", minutes=30, trials=2, out=tmp_path / "out", **plain).found
    run = train(tmp_path / "data", out=tmp_path / "run", **plain)
    table = run.images()
    rows = zip(table["name"].to_pylist(), table["split"].to_pylist(), strict=True)
    learns = {name for name, part in rows if part == "train"}
    assert set(parquet.read_table(tmp_path / "out" / "images.parquet")["name"].to_pylist()) == learns
    assert Recipe.load(tmp_path / "out" / "recipe.toml").method == "auto", "a head on frozen features needs no method"
    assert [one["state"] for one in found["trials"]] == ["complete", "complete"]


def command(small: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "linne", "search", str(small), *FLAGS, "--minutes", "30", "--out", str(out), *more]


def finished(out: Path) -> int:
    """Trials that are complete or were given up, as another program reads them from the file."""
    if not (out / "study.db").exists():
        return 0
    try:
        with sqlite3.connect(out / "study.db", timeout=10) as base:
            found = base.execute("select count(*) from trials where state in ('COMPLETE', 'PRUNED')").fetchone()[0]
        base.close()
    except sqlite3.OperationalError:
        return 0
    return found


def test_killed_and_gone_on_with(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "a"
    process = subprocess.Popen(command(small, out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        begun = time.monotonic()
        while finished(out) < 2 and time.monotonic() - begun < 200:
            assert process.poll() is None
            time.sleep(0.1)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    before = finished(out)
    assert before >= 2
    assert not (out / "recipe.toml").exists()
    assert main(command(small, out, "--trials", "1")[3:]) == 0
    found = trials(out)
    assert [one["as_is"] for one in found].count("start") == 1
    assert sum(one["state"] in ("complete", "pruned") for one in found) == before + 1
    assert sum(one["state"] == "fail" for one in found) <= 1
    assert not any(one["state"] == "running" for one in found), "what the dead process left is marked"
    assert (out / "recipe.toml").exists()
    assert list((out / "seat-0").glob("trial-*")) == []


def test_two_processes_on_one_study(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "a"
    words, pipe = command(small, out, "--trials", "2"), subprocess.PIPE
    both = [subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    with sqlite3.connect(out / "study.db") as base:
        rows = base.execute("select number, state from trials order by number").fetchall()
        asis = base.execute("select count(*) from trial_user_attributes where key = 'as_is'").fetchone()[0]
        seats = base.execute("select distinct value_json from trial_user_attributes where key = 'seat'").fetchall()
    base.close()
    assert [number for number, _ in rows] == [0, 1, 2, 3]
    assert {state for _, state in rows} <= {"COMPLETE", "PRUNED"}
    assert asis == 1
    assert len(seats) == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"space": "lr=1e-3..1e-1"},
            "another space: space = 'lr=1e-3..1e-1,schedule=cosine|linear' (now 'lr=1e-3..1e-1')",
        ),
        ({"seed": 4}, "seed = 3 (now 4)"),
        ({"metric": "log_loss"}, "metric = 'accuracy' (now 'log_loss')"),
    ],
)
def test_a_study_of_something_else_is_not_gone_on_with(
    done: Path, small: Path, more: dict[str, Any], said: str
) -> None:
    before = {path: path.read_bytes() for path in done.glob("*.*") if path.is_file()}
    with pytest.raises(RunError) as caught:
        search(small, out=done, **({"space": SPACE} | TINY | more))
    assert said in str(caught.value)
    assert {path: path.read_bytes() for path in done.glob("*.*") if path.is_file()} == before


def test_other_pictures_are_not_gone_on_with(done: Path, tmp_path: Path) -> None:
    bars(tmp_path / "data" / "train", 59)
    bars(tmp_path / "data" / "test", 6, 200)
    with pytest.raises(RunError, match=r"2 gone \("):
        search(tmp_path / "data", space=SPACE, out=done, **TINY)


def test_another_folder_or_a_file_is_left_alone(small: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="holds other files and is no search"):
        search(small, space=SPACE, out=tmp_path / "a", **TINY)
    with pytest.raises(RunError, match="is a file"):
        search(small, space=SPACE, out=tmp_path / "a" / "notes.txt", **TINY)
    assert (tmp_path / "a" / "notes.txt").read_text() == "mine"


def test_a_mistake_leaves_nothing(small: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="There is nothing to search"):
        search(small, space="none", out=tmp_path / "a")
    assert not (tmp_path / "a").exists()
    with pytest.raises(OptionError, match="Did you mean 'schedule'"):
        search(small, space="shcedule", out=tmp_path / "a", **TINY)
    assert not (tmp_path / "a").exists()


def test_settings_that_contradict_are_said_and_no_end(small: Path, tmp_path: Path) -> None:
    space = "schedule=one_cycle|one_cycle(up=0.2)"
    found = search(small, space=space, minutes=30, trials=2, out=tmp_path / "a", **TINY).found
    assert [one["state"] for one in found["trials"]] == ["complete", "fail"]
    assert "warms up itself" in found["trials"][1]["why"]
    assert found["verdict"]["sentence"].startswith("the start stays")


def test_what_is_found_is_trained_and_the_test_pictures_are_read_once(small: Path, tmp_path: Path) -> None:
    made = search(small, space=SPACE, minutes=30, trials=1, out=tmp_path / "a", train=True, **TINY)
    assert made.run is not None
    assert made.run.reads == 1
    assert made.run.recipe == Recipe.load(tmp_path / "a" / "recipe.toml")
    assert "test pictures" in made.text()
    why, page = made.run.json("origin.json"), (made.run.path / "report.html").read_text(encoding="utf-8")
    assert (why["kind"], why["command"], why["otherwise"]) == ("search", made.found["command"], {})
    assert "Why these settings" in page
    assert made.found["verdict"]["sentence"] in page.replace("&#39;", "'")


def test_a_method_is_taken_only_where_the_space_needs_one() -> None:
    assert began({}, Recipe(), "lr").method == "tail"
    assert began({"weights": "none"}, Recipe(), "lr").method == "supervised"
    assert began({"method": "full"}, Recipe(), "lr").method == "full"
    assert began({}, Recipe(), "size=192|224").method == "auto"
    assert began({}, Recipe(minutes=10), "lr").minutes == 0
    with pytest.raises(OptionError, match="Name lr in --space"):
        began({"lr": "find"}, Recipe(), "lr")


def test_a_function_cannot_be_kept_in_a_file(tmp_path: Path) -> None:
    def own(predictions: Predictions) -> float:
        return 0.0

    recipe = Recipe(metric=own)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="metric is a function"):
        claim(tmp_path / "a", engine.Wanted(recipe))


def test_a_fitting_ends_where_the_time_is_used_up() -> None:
    clock = Deadline(1.0, time.monotonic() - 100)
    clock.grace = 60.0
    clock.on_step(None, {})
    clock.grace = 30.0
    with pytest.raises(Late):
        clock.on_step(None, {})


def test_a_trial_may_not_take_the_time_that_confirming_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, graces, recipe = Deadline(10.0), [], Recipe()
    monkeypatch.setattr(engine, "_tried", lambda *given: graces.append(clock.grace))
    monkeypatch.setattr(engine, "_progress", lambda *given: None)
    asked = iter([SimpleNamespace(number=0, user_attrs={"as_is": "start"}), SimpleNamespace(number=1, user_attrs={})])
    told = [{"state": "complete", "seconds": 50.0}]
    study: Any = SimpleNamespace(ask=lambda space, first: (next(asked), {}), trials=lambda: told)
    ground: Any = SimpleNamespace(clock=clock, start=recipe, settle=lambda one: one, foreseen=lambda one: 0.0)
    engine._trials(ground, engine.Wanted(recipe, trials=2), study, (), {"start": recipe}, ["start"])
    assert graces == [float("inf"), pytest.approx(engine.GRACE * 600 - engine.confirming(50.0))]


def test_it_is_said_how_many_trials_there_is_time_for() -> None:
    said: list[str] = []
    log = SimpleNamespace(say=lambda text: said.append(text))
    for left in (350.0, 1000.0):
        ground: Any = SimpleNamespace(log=log, clock=SimpleNamespace(left=left, seconds=10.0))
        engine._foretold(ground, 50.0)
    assert said[0].startswith("time for about 5 trials;")
    assert said[0].endswith("--minutes 12 is enough")
    assert said[1] == "time for about 18 trials"


def test_the_log_says_how_fast_it_goes(done: Path) -> None:
    said = [json.loads(line)["say"] for line in (done / "seat-0" / "log.jsonl").read_text("utf-8").splitlines()]
    told = [line for line in said if line.startswith("trial ")]
    assert len(told) == 3
    assert all(" a minute, " in line for line in told)


def right(share: float, seed: int, n: int = 1000) -> Predictions:
    labels = np.arange(n) % 2
    hits = np.random.default_rng(seed).permutation(n) < round(share * n)
    logits = np.where((labels == 1) == hits, 1.0, -1.0)[:, None] * np.array([[-1.0, 1.0]])
    nobody = np.full(n, "", dtype=object)
    return Predictions(logits, labels, np.arange(n), ("a", "b"), nobody, nobody)


@pytest.mark.parametrize(
    ("start", "best", "kept", "said"),
    [
        (0.80, 0.88, True, "better by 8.0 points"),
        (0.980, 0.985, True, "not told apart: +0.5 points"),
        (0.80, 0.81, False, "cannot tell, the start stays"),
        (0.88, 0.80, False, "worse than the start, the start stays"),
    ],
)
def test_verdicts(monkeypatch: pytest.MonkeyPatch, start: float, best: float, kept: bool, said: str) -> None:
    made: Iterator[Predictions] = iter([right(start, 1), right(best, 2)])
    monkeypatch.setattr(confirm, "confirmed", lambda ground, recipe: next(made))
    ground: Any = SimpleNamespace(start=Recipe(), rows=lambda fold: np.arange(1000))
    found = confirm.confirm(ground, Recipe(size=192), Recipe())
    assert found["kept"] == kept
    assert found["sentence"].startswith(said)
    assert found["better"] == (found["gain"]["low"] > 0)
    assert found["figure"]["value"] == pytest.approx(best if kept else start)


def test_a_planted_bad_start_is_won_back(small: Path, tmp_path: Path) -> None:
    """A rate at which nothing is learned: found out on pictures that judged no trial, and said."""
    bad = TINY | {"lr": 1e-7, "epochs": 12.0}  # six epochs leave it to the draw of the head whether a fold is learned
    found = search(small, space="lr=1e-7..1e-1", minutes=30, trials=6, out=tmp_path / "a", **bad).found
    assert found["verdict"]["start"]["value"] < 0.75
    assert found["verdict"]["better"]
    assert found["verdict"]["figure"]["value"] > found["verdict"]["start"]["value"] + 0.2
    assert float(Recipe.load(tmp_path / "a" / "recipe.toml").lr) > 1e-4
