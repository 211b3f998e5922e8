"""A page that fails costs no run: the run is kept, what failed is said, and linne report makes it later."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linne.core.errors import RunError
from linne.core.files import write_json
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine.log import Log
from linne.verbs._paged import WRONG, paged
from linne.verbs.report import report
from linne.web.gather import gather
from linne.web.report import render, text

PAGE = ["card.md", "report.html", "report.json", "report.txt"]


def broken(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("a chart of nothing\nand more")


@pytest.fixture
def kept(result: Callable[..., Any], tmp_path: Path) -> Callable[[], str]:
    """Writes the page of a small run into tmp_path, which is then a finished run; what was said."""

    def write() -> str:
        said, made = io.StringIO(), result()
        paged(tmp_path, made, Recipe(), "linne train pets", Log(stream=said))
        for name in ("recipe.toml", "DONE.json"):
            (tmp_path / name).write_text("")
        write_json(tmp_path / "figures.json", made.figures)
        return said.getvalue()

    return write


def test_what_failed_is_said_and_made_later(
    kept: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("report.render", "card.card"):
        monkeypatch.setattr(f"linne.web.{name}", broken)
    told = kept()
    assert "report.html could not be made: ZeroDivisionError: a chart of nothing\n" in told
    assert f"linne report {tmp_path}" in told
    assert (tmp_path / WRONG).read_text().count("Traceback") == 2
    assert [name for name in PAGE if (tmp_path / name).exists()] == ["report.json", "report.txt"]
    monkeypatch.undo()
    report(tmp_path)
    assert [name for name in PAGE if (tmp_path / name).exists()] == PAGE
    assert not (tmp_path / WRONG).exists()


def test_without_anything_to_show_it_says_what_is_left(
    kept: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linne.web.gather.overview", broken)
    assert "linne evaluate" in kept()
    monkeypatch.undo()
    assert "accuracy" in Run(tmp_path).report()
    with pytest.raises(RunError, match=r"was trained and is kept.*figures\.json"):
        report(tmp_path)


def test_a_part_that_fails_leaves_the_rest(result: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("analyse", "reasons", "thumbs"):
        monkeypatch.setattr(f"linne.web.gather.{name}", broken)
    page = gather(result(), Recipe(), "linne train pets")
    shown = render(page)
    for part in ("mistakes and weak slices", "why it said so", "thumbnails"):
        assert f"{part} (ZeroDivisionError: a chart of nothing)" in shown
        assert f"the page lacks {part} (ZeroDivisionError: a chart of nothing)" in text(page)
    assert "<h2>" in shown


def test_a_full_disk_is_not_taken_for_a_failed_page(
    result: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(RunError, match="The disk is full"):
        paged(tmp_path, result(), Recipe(), "linne train pets", Log(quiet=True))
