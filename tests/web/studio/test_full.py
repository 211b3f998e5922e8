"""The studio on a disk that is really full: two megabytes of memory, mounted where the overlay and the cache lie."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linne.core.load import load
from linne.core.overlay import Overlay
from linne.web.studio.project import Answer
from tests.conftest import write_folder
from tests.waiting import until
from tests.web.browser import CHROMIUM
from tests.web.studio.made import opened
from tests.web.studio.test_browser import browser, page, said, served

__all__ = ["browser"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own with room for 2 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    words = [mount or "", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if not mount or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here: that needs root on Linux")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def filled(place: Path) -> Path:
    """A file that takes every byte that is left."""
    path = place / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError as error:
            if error.errno != 28:
                raise
    return path


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium or Chrome on the PATH")
def test_the_last_answer_waits_for_room_and_is_saved(
    browser: Any, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINNE_CACHE", str(small / "cache"))
    photos, overlay = write_folder(tmp_path / "photos", 30), small / "fixes.csv"
    with served(load(photos), overlay) as (here, address), page(browser, address) as tab:
        tab.wait_for_selector(".cell img[src]")
        tab.locator(".grid").focus()
        tab.keyboard.press("k")
        until(lambda: len(said(overlay)) == 1)
        here.project.decide([Answer(row, 0, "keep") for row in range(1, 36)])
        before, filler = overlay.read_bytes(), filled(small)
        room = 4096 - len(before) % 4096  # the file's own page has room left, so that a row fits until it is used up
        for _ in range(room // 40):
            tab.keyboard.press("ArrowRight")
            tab.keyboard.press("x")
            if tab.evaluate("document.getElementById('unsaved').textContent.includes('disk is full')"):
                break
        # keys are faster than answers: the one that is refused may still be on its way
        until(lambda: "disk is full" in tab.inner_text("#unsaved"))
        assert "not saved yet" in tab.inner_text("#unsaved")
        waiting = tab.evaluate("linne.api.unsaved()")
        assert waiting >= 1
        whole = overlay.read_bytes()
        assert whole.startswith(before)
        assert whole.endswith(b"\n"), "no half row"
        until(lambda: len(said(overlay)) == int(here.project.version.sum()), "what is confirmed is not what is there")
        tab.keyboard.press("End")  # pictures that no thumbnail was made of, which cannot be kept now
        until(lambda: tab.evaluate("document.querySelector('.cell.active img')?.naturalWidth > 0"))
        count = len(said(overlay))
        filler.unlink()
        until(lambda: len(said(overlay)) == count + waiting)
        tab.wait_for_selector("#unsaved:empty", state="attached")
        until(lambda: len(Overlay.read(overlay).rows) == int(here.project.version.sum()))


def test_everything_else_goes_on_without_room(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINNE_CACHE", str(small / "cache"))
    photos = write_folder(tmp_path / "photos", 3)
    (small / "cache").mkdir()
    with opened(photos, small / "fixes.csv") as one:
        filler = filled(small)
        answer = one.decide(0, "drop", status=507)
        assert "disk is full" in answer["error"]
        assert not (small / "fixes.csv").exists(), "an empty file would be no overlay"
        for path in ("/api/thumb/0", "/api/view/0", "/api/thumbs?rows=1,2,3", "/api/project", "/api/findings"):
            assert one.ask.get(path).status_code == 200, path
        text = "image,label\nbars/bars-000.jpg,disc\n"
        assert one.post("/api/exchange/read", {"name": "a.csv", "text": text}, 507)["error"]
        filler.unlink()
        assert one.ask.get("/api/thumb/0").content == one.ask.get("/api/thumb/0").content
        one.decide(0, "drop")
        assert [row.decision for row in Overlay.read(small / "fixes.csv").rows] == ["drop"]
    assert os.path.ismount(small)
