"""linne studio from a command line: where it listens, what it says, who may open it twice, what it never writes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.cli import main
from linne.core.errors import RunError
from linne.core.load import load
from linne.core.predictions import Predictions
from linne.core.run import Run
from linne.core.several import Several
from linne.web.studio import serve
from linne.web.studio.here import said
from linne.web.studio.project import Project
from linne.web.studio.serve import overlay_of, pictures_of
from tests.conftest import write_folder
from tests.runs import write_run
from tests.web.studio.made import tree

LINNE = [sys.executable, "-m", "linne"]


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_folder(tmp_path / "photos", 2)


def test_it_opens_says_where_closes_and_opens_only_once(photos: Path, tmp_path: Path) -> None:
    before = tree(photos)
    env = {**os.environ, "BROWSER": "/bin/false", "DISPLAY": ""}
    words = [*LINNE, "studio", "photos", "--overlay", "fixes.csv"]
    one = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    told = ""
    try:
        while "open the address above" not in told:  # no browser here: said, and nothing ends
            line = one.stderr.readline() if one.stderr else ""
            assert line, told
            told += line
        address = re.search(r"(http://127\.0\.0\.1:\d+/)#token=(\S{22})", told)
        assert address
        assert b"<title>Linne studio" in urllib.request.urlopen(address[1], timeout=60).read()
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{address[1]}api/project", timeout=60)
        two = subprocess.run([*words, "--no-browser"], capture_output=True, text=True, timeout=120, check=False)
        assert two.returncode == 2
        assert f"has a studio open at {address[1]}" in two.stderr
        assert "give another --overlay" in two.stderr
    finally:
        one.send_signal(signal.SIGINT)
        out, err = one.communicate(timeout=120)
    assert one.returncode == 0, err
    assert "Nothing was decided" in out
    assert tree(photos) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


def test_a_port_in_use_is_said_with_one_that_is_free(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["studio", "photos", "--port", str(port), "--no-browser"]) == 2
    told = capsys.readouterr().err
    assert f"Port {port} cannot be had" in told
    assert re.search(r"--port \d+", told)


@pytest.mark.parametrize(("words", "told"), [
    (["photos", "--port", "70000"], "ports go from 1 to 65535"),
    (["photos", "--overlay", "photos/fixes.csv"], "nothing is ever written there"),
    (["photos", "--overlay", "fixes.xlsx"], "is no CSV file"),
    (["photo"], "Did you mean 'photos'"),
    (["photos", "--run", "runs/x"], "There is no run"),
])  # fmt: skip
def test_mistakes(photos: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studio", *words, "--no-browser"]) == 2
    assert told in capsys.readouterr().err


def test_a_run_brings_its_pictures_and_answers(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{name}/{name}-00{k}.jpg" for name in ("bars", "cross", "disc") for k in (0, 1)]
    right = np.array([True, False, True, True, True, True])
    path = write_run(
        tmp_path / "runs" / "a", right, contents=[0, 3, 1, 4, 2, 5], classes=("cat", "dog", "eel"), names=names
    )
    assert main(["studio", "runs/a", "--no-browser"]) == 2
    assert "does not say which pictures" in capsys.readouterr().err
    recipe = path / "recipe.toml"
    recipe.write_text(f"# linne train photos --out runs/a\n{recipe.read_text()}")
    assert pictures_of(Run(path)) == "photos"
    (tmp_path / "photos").rename(tmp_path / "moved")
    with pytest.raises(RunError, match=r"are not at 'photos' any more.*linne studio PICTURES --run"):
        pictures_of(Run(path))
    (tmp_path / "moved").rename(tmp_path / "photos")
    project = Project(load("photos"), tmp_path / "fixes.csv")
    guess, confidence, _ = said(project, Run(path))
    assert [project.classes[k] for k in guess] == ["cat", "dog", "dog", "dog", "eel", "eel"]
    assert (confidence > 90).all()
    assert (confidence <= 100).all()


def test_decisions_go_beside_the_pictures_and_never_among_them(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert overlay_of("photos", Path("photos"), "") == Path("photos.labels.csv")
    monkeypatch.chdir(photos)
    assert overlay_of(".", Path(), "") == tmp_path / "photos.labels.csv"


def test_where_the_usual_ports_are_taken_a_free_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(serve, "FIRST", taken.getsockname()[1])
        monkeypatch.setattr(serve, "TRIED", 1)
        with serve.bound(0) as found:
            assert found.getsockname()[1] != taken.getsockname()[1]


class Said:
    """A run that says these logits (n, 2) of pictures with these names."""

    classes, several = ("cat", "dog"), False

    def __init__(self, names: list[str], logits: list[list[float]], limits: "list[float] | None" = None) -> None:
        n, told = len(names), np.array(logits)
        rows, none, group = np.arange(n), np.full(n, -1), np.full(n, "", object)
        given = (told, none, rows, self.classes, np.array(names, object), group)
        self.several = limits is not None
        self.told = Predictions(*given) if limits is None else Several(
            *given, targets=np.zeros((n, 2), np.int8), thresholds=np.array(limits))  # fmt: skip

    def parts(self) -> list[str]:
        return ["test"]

    def predictions(self, part: str) -> Predictions:
        return self.told


def test_what_a_run_says_is_told_for_its_own_pictures_and_never_rounded_up(photos: Path, tmp_path: Path) -> None:
    project = Project(load("photos"), tmp_path / "fixes.csv")
    first, second, third, *_ = (project.name(row) for row in range(6))
    sure, none = np.log([0.004, 0.996]).tolist(), [np.nan, np.nan]
    run: Any = Said([third, "elsewhere.jpg", first, second], [sure, [9.0, 0.0], none, [1.0, 0.0]])
    guess, confidence, guessed = said(project, run)
    assert guessed is None
    assert guess[:4].tolist() == [-1, project.classes.index("cat"), project.classes.index("dog"), -1]
    assert confidence[:4].tolist() == [255, 73, 99, 255], "99.6 % is no 100, and what could not be read is no guess"


def test_of_several_labels_the_confidence_is_that_of_the_least_sure_one(photos: Path, tmp_path: Path) -> None:
    project = Project(load("photos"), tmp_path / "fixes.csv")
    logits = np.log([[0.95 / 0.05, 0.3 / 0.7], [0.2 / 0.8, 0.9 / 0.1]]).tolist()
    run: Any = Said([project.name(1), project.name(0)], logits, [0.5, 0.25])
    _, confidence, guessed = said(project, run)
    assert confidence[:2].tolist() == [80, 70]
    assert guessed is not None
    cat, dog = project.classes.index("cat"), project.classes.index("dog")
    assert guessed[:2][:, [cat, dog]].tolist() == [[False, True], [True, True]]


def test_progress_is_told_to_programs(photos: Path) -> None:
    env = {**os.environ, "LINNE_PROGRESS": "json"}
    code = (
        "import time; from linne.engine.log import Log\n"
        "with Log().track('slept', 4) as step:\n"
        "    for _ in range(4): time.sleep(0.3); step(1)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True).stderr
    lines = [json.loads(line)["progress"] for line in told.splitlines() if line.startswith("{")]
    assert lines
    assert lines[0]["total"] == 4
    assert [one["done"] for one in lines] == sorted(one["done"] for one in lines)
