"""What is noted of finished runs: each comparison once, seen from each run, and no error where it cannot be written."""

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import linne
from linne.core import files
from linne.core.errors import RunError
from linne.engine.notes import NAME, note, notes
from tests.runs import write_run

ORDER = np.arange(300)
BASE = ORDER >= 60


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """b is right where a is, and on 30 of 300 pictures more; c is a."""
    return [write_run(tmp_path / name, right) for name, right in
            (("a", BASE), ("b", BASE | (ORDER < 30)), ("c", BASE))]  # fmt: skip


def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """No file can be put into this folder from here on."""
    replace = files.os.replace

    def refused(one: Any, other: Any) -> None:
        if Path(other).parent == folder:
            raise PermissionError(errno.EACCES, "Permission denied")
        replace(one, other)

    monkeypatch.setattr(files.os, "replace", refused)


def test_each_run_keeps_the_verdict_as_its_own_gain(runs: list[Path]) -> None:
    a, b, _ = runs
    found = linne.compare(a, b, effect=2, split="test")
    (first,), (second,) = notes(a), notes(b)
    assert first["sentence"] == second["sentence"] == found.data()["pairs"][0]["verdict"]
    assert first["sentence"].startswith("b is better than a by 10.0 points of accuracy [")
    np.testing.assert_allclose([first["gain"]["value"], second["gain"]["value"]], [-0.1, 0.1], atol=1e-9)
    for end, other in (("low", "high"), ("high", "low")):
        assert first["gain"][end] == -second["gain"][other]
    assert (first["other"], second["other"]) == (str(b), str(a))
    assert first["command"] == f"linne compare {a} {b} --effect 2"
    assert f"noted with {a}, {b}: linne report {a}" in found.text()


def test_a_tie_is_said_from_either_side(runs: list[Path]) -> None:
    a, _, c = runs
    linne.compare(a, c)
    assert notes(a)[0]["sentence"].startswith("cannot tell c and a apart: no difference, 0.0 points of accuracy [")
    assert notes(c)[0]["sentence"].startswith("cannot tell a and c apart: no difference, 0.0 points of accuracy [")


def test_the_same_comparison_is_kept_once_and_another_beside_it(runs: list[Path]) -> None:
    a, b, c = runs
    for given in ((a, b), (a, b), (b, a)):
        linne.compare(*given)
    assert [one["command"] for one in notes(a)] == [f"linne compare {b} {a}"], "the same, newly said"
    linne.compare(a, b, metric="log_loss")
    linne.compare(a, b, c)
    assert [(one["other"], one["metric"], one["of"]) for one in notes(a)] == [
        (str(b), "accuracy", 1), (str(b), "log_loss", 1), (str(b), "accuracy", 2), (str(c), "accuracy", 2),
    ]  # fmt: skip
    assert [one["other"] for one in notes(c)] == [str(a)]


def test_a_folder_that_cannot_be_written_is_named(runs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, _ = runs
    refuse(monkeypatch, b)
    said = linne.compare(a, b).text()
    assert said.startswith("b is better than a")
    assert f"noted with {a}: linne report {a}" in said
    assert f"not noted with {b}, which cannot be written" in said
    assert f"{b} cannot be written and does not count it" in said
    assert not (b / NAME).exists()
    assert (linne.Run(a).reads, linne.Run(b).reads) == (1, 0)


def test_a_damaged_book_is_said(tmp_path: Path) -> None:
    assert notes(tmp_path) == []
    assert note(tmp_path, {"about": ["x"], "n": np.int64(3)})
    assert json.loads((tmp_path / NAME).read_text()) == {"about": ["x"], "n": 3}
    (tmp_path / NAME).write_text("{half")
    with pytest.raises(RunError, match=r"is damaged .* Delete it"):
        notes(tmp_path)
