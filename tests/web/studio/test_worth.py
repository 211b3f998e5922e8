"""What decisions brought: against what they are compared."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.load import load
from linne.core.run import Run
from linne.web.studio.project import Answer, Project
from linne.web.studio.routes.findings import knows
from tests.conftest import write_folder
from tests.runs import write_run
from tests.web.studio.made import flat, opened

OF = {"bars": "cat", "cross": "dog", "disc": "eel"}
NAMES = [f"{OF[name]}/{name}-00{k}.jpg" for name in OF for k in (0, 1)]


def photos_in(root: Path) -> Path:
    """Two pictures of each class that `write_run` has."""
    photos = write_folder(root / "photos", 2)
    for name, to in OF.items():
        (photos / name).rename(photos / to)
    return photos


def run_of(folder: Path, labels: list[int]) -> Run:
    """A run of six pictures with these labels."""
    return Run(write_run(folder, np.ones(6, bool), contents=labels, names=NAMES))


def test_a_run_knows_decisions_that_it_learned_from(tmp_path: Path) -> None:
    project = Project(load(photos_in(tmp_path)), tmp_path / "fixes.csv")
    before = run_of(tmp_path / "before", [0, 0, 1, 1, 2, 2])
    table = before.images().to_pylist()
    assert [one["label"] for one in table] == ["cat", "cat", "dog", "dog", "eel", "eel"]
    assert knows(project, before), "nothing is decided"
    project.decide([Answer(0, 0, "keep")])
    assert knows(project, before), "it was so already"
    project.decide([Answer(0, 1, "relabel", ("eel",))])
    assert not knows(project, before)
    assert knows(project, run_of(tmp_path / "after", [2, 0, 1, 1, 2, 2]))
    project.decide([Answer(5, 0, "drop")])
    assert not knows(project, run_of(tmp_path / "still", [2, 0, 1, 1, 2, 2])), "it learned from one that is left out"


@pytest.mark.parametrize("learned", [False, True])
def test_the_open_run_is_before_only_where_it_is(
    tmp_path: Path, learned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = photos_in(tmp_path)
    run = run_of(tmp_path / "runs" / "a", [2 if learned else 0, 0, 1, 1, 2, 2])
    with opened(photos, tmp_path / "fixes.csv", run=run) as one:
        monkeypatch.setattr(one.here.jobs, "_work", lambda: None)  # what it would run is looked at
        monkeypatch.setattr(one.here.jobs, "_thread", object())
        one.decide(0, "relabel", "eel")
        job = one.post("/api/worth", {})
        assert job["kind"] == ("train before" if learned else "train after")
        assert ("--overlay" in job["command"]) != learned
        assert ("--recipe" in job["command"]) != learned


def test_without_decisions_or_labels_there_is_nothing_to_compare(tmp_path: Path) -> None:
    photos = photos_in(tmp_path)

    def told(one: Any) -> str:
        return one.post("/api/worth", {}, 400)["error"]

    with opened(photos, tmp_path / "fixes.csv") as one:
        assert "Nothing is decided" in told(one)
    with opened(flat(tmp_path / "flat", photos), tmp_path / "labels.csv") as one:
        one.decide(0, "relabel", "eel")
        assert "no label to learn from" in told(one)
