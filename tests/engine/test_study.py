"""Trials on disk: seats that die, trials that nobody works on any more, draws that do not repeat, two processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from linne.core.errors import MissingExtra, RunError
from linne.core.recipe import Recipe
from linne.engine import study as engine
from linne.engine.lock import lock
from linne.engine.space import axes
from linne.engine.study import Study, library, seat, turn

SPACE = axes("lr=1e-4..1e-2,batch=16|32", Recipe(method="tail"), 1000)


def test_a_seat_is_for_one_process_and_free_again_when_it_dies(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from linne.engine.study import seat\n"
        f"with seat(Path({str(tmp_path)!r})) as (number, own): print(number, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "0"
        with seat(tmp_path) as (number, _):
            assert number == 1
    finally:
        process.kill()
        process.communicate()
    with seat(tmp_path) as (number, own):
        assert (number, own.name) == (0, "seat-0")


def test_what_is_wanted_as_it_is_comes_first_and_once(tmp_path: Path) -> None:
    with seat(tmp_path) as (number, _):
        study = Study(tmp_path, number, 0)
        seen = []
        for value in (0.5, 0.6, 0.7):
            trial, settings = study.ask(SPACE, ["start", "race"])
            seen.append((trial.user_attrs.get("as_is"), bool(settings)))
            study.tell(trial, value)
    assert seen == [("start", False), ("race", False), (None, True)]


def test_a_trial_of_a_dead_process_is_marked_and_what_was_wanted_is_tried_again(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from linne.engine.study import Study, seat\n"
        f"place = Path({str(tmp_path)!r})\n"
        "with seat(place) as (number, _):\n"
        "    Study(place, number, 0).ask((), ['start']); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    with seat(tmp_path) as (number, _):
        study = Study(tmp_path, number, 0)
        assert [one["state"] for one in study.trials()] == ["running"]
        trial, _ = study.ask(SPACE, ["start"])
        assert trial.user_attrs["as_is"] == "start"
        assert [one["state"] for one in study.trials()] == ["fail", "running"]


def test_a_trial_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    with seat(tmp_path) as (number, _):
        Study(tmp_path, number, 0).ask(SPACE, ["start"])
        code = (
            "from pathlib import Path; from linne.engine.study import Study, seat\n"
            f"place = Path({str(tmp_path)!r})\n"
            "with seat(place) as (number, _):\n"
            "    study = Study(place, number, 0)\n"
            "    trial, _ = study.ask((), ['start'])\n"
            "    print(number, trial.user_attrs.get('as_is'), [one['state'] for one in study.trials()])"
        )
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "1 None ['running', 'running']"


def test_the_same_history_is_followed_by_the_same_draw_and_another_by_another(tmp_path: Path) -> None:
    drawn = []
    for place, seed in (("a", 0), ("b", 0), ("c", 1)):
        with seat(tmp_path / place) as (number, _):
            found = []
            for value in (0.5, 0.6):
                study = Study(tmp_path / place, number, seed)  # as a process that begins anew
                trial, settings = study.ask(SPACE, [])
                study.tell(trial, value)
                found.append(settings["lr"])
            drawn.append(found)
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert drawn[0][0] != drawn[0][1], "a restart does not draw the first settings again"


def test_what_could_not_be_says_why_and_has_no_value(tmp_path: Path) -> None:
    with seat(tmp_path) as (number, _):
        study = Study(tmp_path, number, 0)
        trial, _ = study.ask(SPACE, [])
        study.tell(trial, why="contradiction")
        (one,) = study.trials()
    assert (one["state"], one["why"], one["value"]) == ("fail", "contradiction", None)


def test_importances_find_the_field_that_matters(tmp_path: Path) -> None:
    with seat(tmp_path) as (number, _):
        study = Study(tmp_path, number, 0)
        assert study.importances(SPACE) == {}
        for _ in range(20):
            trial, settings = study.ask(SPACE, [])
            study.tell(trial, -abs(settings["lr"] - 2e-3))
        found = study.importances(SPACE)
    assert set(found) == {"lr", "batch"}
    assert found["lr"] > 0.7
    assert sum(found.values()) == pytest.approx(1)


def test_a_turn_is_waited_for_and_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAIT", 0.2)
    with lock(tmp_path / "a"), pytest.raises(RunError, match="already works"), turn(tmp_path / "a"):
        pass


def test_a_damaged_study_is_said(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with seat(tmp_path) as (number, _), pytest.raises(RunError, match="is damaged"):
        Study(tmp_path, number, 0)


def test_without_optuna_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[search\]'"):
        library()
