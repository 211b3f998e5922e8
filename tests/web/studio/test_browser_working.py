"""Train, Try and Export in a real browser, with one small run."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from linne.core.load import load
from linne.core.run import Run
from linne.web.studio.here import Studio
from tests.conftest import draw
from tests.waiting import until
from tests.web.answering import trained
from tests.web.browser import CHROMIUM, TAGS, axe
from tests.web.studio.test_browser import browser, open_, page, said, served

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium or Chrome on the PATH")
SPY = """<!doctype html><title>r</title><p id=p>a report</p><script>
fetch('/api/project', {credentials: 'include'}).then(r => r.text(), e => 'blocked')
  .then(t => { p.textContent = 'fetch: ' + t; });
try { localStorage.setItem('x', '1'); p.title = 'stored'; } catch { p.title = 'no storage'; }
try { p.className = document.cookie || 'no cookie'; } catch { p.className = 'no cookie'; }
</script>"""


def violations(tab: Any) -> list[tuple[str, str]]:
    """What axe finds by WCAG 2.2 AA."""
    tab.evaluate(axe())
    found = tab.evaluate("rules => axe.run(document, rules)", {"runOnly": TAGS})["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, str, Path]]:
    photos, run = trained()
    root = tmp_path_factory.mktemp("work")
    shutil.copytree(run, root / "runs" / "first")
    with served(load(photos), root / "fixes.csv", run=Run(root / "runs" / "first")) as (here, address):
        yield here, address, root


def test_pictures_are_tried(browser: Any, working: tuple[Studio, str, Path], tmp_path: Path) -> None:
    for name, shape in (("a <b>disc.jpg", "disc"), ("cross.jpg", "cross")):
        Image.fromarray(draw(shape, 95)).save(tmp_path / name)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with page(browser, working[1]) as tab:
        tab.keyboard.press("Shift+Y")
        tab.set_input_files("#files", [str(path) for path in sorted(tmp_path.iterdir())])
        until(lambda: tab.locator("#answers article h2").count() == 3)
        assert tab.locator("#answers article h2.label").all_inner_texts() == ["cross", "—", "disc"]
        assert tab.inner_text("#answers .bad")
        first = tab.locator("#answers article").first
        first.locator("img.heat").wait_for()
        until(
            lambda: first.locator(".near img").evaluate_all(
                "all => all.length === 6 && all.every(i => i.naturalWidth > 0)"
            )
        )
        assert "%" in first.locator("table").inner_text()
        assert tab.inner_text("#command").startswith("linne predict ")
        assert violations(tab) == []
        tab.fill("#who", "the <i>cross</i>")
        tab.get_by_role("button", name="Clear").click()
        tab.set_input_files("#files", str(tmp_path / "cross.jpg"))
        tab.wait_for_selector("#answers article h2.label")
        tab.get_by_role("button", name="Enrol", exact=True).click()
        until(lambda: "the <i>cross</i>" in tab.inner_text("#enrolled"))
        tab.select_option("#mode", "who")
        until(lambda: "the <i>cross</i>" in tab.inner_text("#answers article"))


def test_the_camera_is_asked(browser: Any, working: tuple[Studio, str, Path]) -> None:
    with page(browser, working[1]) as tab:
        open_(tab, "try")
        tab.keyboard.press("c")
        until(lambda: tab.evaluate("document.querySelector('video').videoWidth > 0"))
        tab.keyboard.press("p")
        tab.wait_for_selector("#answers article h2.label")
        assert tab.locator("#answers article h2.label").inner_text() in ("bars", "cross", "disc", "unknown")
        image = tab.locator("#answers article img").first
        assert image.evaluate("one => one.naturalWidth") == tab.evaluate("document.querySelector('video').videoWidth")
        tab.keyboard.press("c")
        until(lambda: not tab.locator("video").is_visible())
        until(lambda: tab.evaluate("document.querySelector('video').srcObject.active") is False, "its light goes out")


def test_runs_are_watched_and_reports_stay_by_themselves(browser: Any, working: tuple[Studio, str, Path]) -> None:
    _, address, root = working
    with page(browser, address) as tab:
        open_(tab, "train")
        tab.wait_for_selector("#run-figure")
        head = Run(root / "runs" / "first").figures["headline"]
        assert f"{100 * head['value']:.1f} % [{100 * head['low']:.1f} %, " in tab.inner_text("#run-figure")
        until(lambda: tab.locator("#said li").count() > 3)
        assert violations(tab) == []
        (root / "runs" / "first" / "report.html").write_text(SPY)
        with tab.context.expect_page() as opened:
            tab.get_by_role("link", name="Open the report").click()
        report = opened.value
        until(lambda: report.inner_text("#p").startswith("fetch: "))
        assert report.inner_text("#p") == "fetch: blocked"
        assert report.get_attribute("#p", "title") == "no storage"
        assert report.get_attribute("#p", "class") == "no cookie"


def test_labels_are_written_and_read(browser: Any, working: tuple[Studio, str, Path], tmp_path: Path) -> None:
    here, address, _ = working
    with page(browser, address) as tab:
        open_(tab, "hand")
        tab.select_option("#format", "label_studio")
        tab.click("#write-labels")
        tab.wait_for_selector("#written a")
        with tab.expect_download() as got:
            tab.locator("#written a").first.click()
        got.value.save_as(tmp_path / "tasks.json")
        changed = (tmp_path / "tasks.json").read_text().replace('"disc"', '"bars"', 1)
        (tmp_path / "changed.json").write_text(changed)
        before = len(said(here.project.overlay))
        tab.set_input_files("#labels-file", str(tmp_path / "changed.json"))
        tab.click("#read-labels")
        tab.wait_for_selector("#came p")
        assert "1 pictures decided, 23 were so already" in tab.inner_text("#came")
        assert len(said(here.project.overlay)) == before + 1
        assert said(here.project.overlay)[-1][1:] == ("relabel", "bars")
