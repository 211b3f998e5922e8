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

import pytest

from linne.cli import main
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
    import numpy as np

    from linne.core.load import load
    from linne.core.run import Run
    from linne.web.studio.here import said
    from linne.web.studio.project import Project
    from linne.web.studio.serve import pictures_of

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
    project = Project(load("photos"), tmp_path / "fixes.csv")
    guess, confidence, _ = said(project, Run(path))
    assert [project.classes[k] for k in guess] == ["cat", "dog", "dog", "dog", "eel", "eel"]
    assert (confidence > 90).all()
    assert (confidence <= 100).all()


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
