"""60 texts that would run if a page took them for more than text, as class, file and EXIF text: none does.

The studio's own test is in studio/test_browser.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.finding import Finding
from linne.core.recipe import Recipe
from linne.engine.serving import Picture, Want
from linne.web import browser as exported
from linne.web.gather import gather
from linne.web.report import render
from linne.web.serve_forms import Most
from linne.web.serve_models import Entry
from tests import paged
from tests.serving import Bright, running, state
from tests.web.browser import SCRIPTS, hostile_file, opened, spied
from tests.web.conftest import made

FILES = [{"name": f"{script}.jpg", "mimeType": "image/jpeg", "buffer": hostile_file(script, k)}
         for k, script in enumerate(SCRIPTS)]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened() as found:
        yield found


class Hostile(Bright):
    """Says scripts: as labels, sets, reasons and identities."""

    classes = tuple(SCRIPTS)  # type: ignore[assignment]

    def tell(self, looked: Sequence[Any], want: Want) -> list[dict[str, Any]]:
        shares = {script: 1 / len(SCRIPTS) for script in SCRIPTS}
        return [{"name": one.picture.name, "label": SCRIPTS[k % 60], "problem": SCRIPTS[k % 60] if k % 5 == 4 else None,
                 "probabilities": shares, "set": SCRIPTS} for k, one in enumerate(looked)]  # fmt: skip


class Strangers(Hostile):
    kind = "gallery"  # type: ignore[assignment]

    def identify(self, pictures: Sequence[Picture], far: Any) -> dict[str, Any]:
        near = [{"name": script, "similarity": 0.5} for script in SCRIPTS]
        told = {"known": True, "problem": None, "nearest": near}
        return {"answers": [{"picture": one.name, "name": SCRIPTS[k % 60], **told} for k, one in enumerate(pictures)]}


def on_the_server_s_page(browser: Any) -> tuple[list[str], int]:
    """(what ran, how many of the scripts stand in the page as text)."""
    held = state(Hostile(), deadline=60)
    held.most = Most()
    held.models.entries = {name: Entry(name, name, Hostile()) for name in SCRIPTS}
    held.models.entries["all"] = Entry("all", "", Strangers())
    with running(held) as (base, token), spied(browser, f"{base}/#token={token}") as (page, ran):
        page.wait_for_selector("#model option", state="attached")
        assert page.locator("#model option").count() == 61
        for start in range(0, 60, 15):
            page.select_option("#model", SCRIPTS[start])
            page.set_input_files("#files", FILES[start : start + 15])
            page.wait_for_selector(f"li.answer:nth-child({start + 15})")
        page.select_option("#model", "all")
        page.set_input_files("#files", FILES[:1])
        page.wait_for_selector("li.answer:nth-child(61)")
        del held.models.entries[SCRIPTS[1]]
        page.select_option("#model", SCRIPTS[1])
        page.set_input_files("#files", FILES[:1])
        page.locator("#said", has_text="There is no").wait_for()
        page.click("#language")
        text = page.evaluate("document.body.textContent")
        names = page.evaluate("[...document.querySelectorAll('.name')].map(one => one.textContent)")
    assert {one["name"] for one in FILES} <= set(names)
    return ran, sum(script in text for script in SCRIPTS)


def on_the_report(browser: Any, home: Path) -> tuple[list[str], int]:
    result = made(tuple(SCRIPTS), each=5)
    data = result.data
    table = data.facts.table.copy()
    table["camera"] = np.array([SCRIPTS[row % 60].encode()[:48] for row in range(len(table))])
    names = np.array([f"{SCRIPTS[row % 60]}/{row}.jpg" for row in range(len(table))], object)
    images = replace(data.images, names=names, came_from=SCRIPTS[0])
    found = (
        Finding((3, 4), "near duplicates", "high", SCRIPTS[2], SCRIPTS[3], details={"groups": [[3, 4]]}),
        Finding((7, 20), "wrong label", "medium", "2 labels.", "Look.", details={"suggested": SCRIPTS[:2]}),
        Finding((), "stray files", "low", "60 files.", "Nothing.", files=tuple(SCRIPTS)),
    )
    result = replace(
        result, data=replace(data, images=images, facts=replace(data.facts, table=table)), findings=[*found]
    )
    (home / "report.html").write_text(
        render(gather(result, Recipe(), f"linne train {SCRIPTS[1]}")), "utf-8", errors="surrogatepass"
    )
    with spied(browser, (home / "report.html").as_uri()) as (page, ran):
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        page.locator("label[for=zh]").click()
        page.wait_for_timeout(100)
        text = page.evaluate("document.body.textContent")
    return ran, sum(script in text for script in SCRIPTS)


def on_the_browser_s_page(browser: Any, home: Path, patch: Callable[..., Any]) -> tuple[list[str], int]:
    """What linne export --to web writes."""
    pytest.importorskip("onnx", reason="no onnx (uv sync installs it)")
    archive = paged.runtime_file()
    patch(paged, "CLASSES", tuple(SCRIPTS))
    exported.export_page(paged.write_bundle(home / "bundle"), home / "out", runtime_files=archive, webgpu=False)
    with spied(browser, (home / "out" / "index.html").as_uri()) as (page, ran):
        page.locator("html[data-settled]").wait_for(state="attached")
        for start in range(0, 60, 20):
            page.set_input_files("#files", FILES[start : start + 20])
            page.locator(f"#answers > li:nth-child({start + 20})").wait_for()
        page.locator("#answers > li .answer, #answers > li .bad").nth(59).wait_for()
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        page.evaluate("linne.speak('zh')")
        text = page.evaluate("document.body.textContent")
    return ran, sum(script in text for script in SCRIPTS)


def test_a_page_that_is_careless_would_be_noticed(browser: Any) -> None:
    with spied(browser, "about:blank") as (page, ran):
        for script in (SCRIPTS[1], SCRIPTS[2]):
            page.set_content(f"<p>{script}</p>")
            page.wait_for_timeout(100)
    assert len(ran) >= 2
    assert len(set(SCRIPTS)) == 60


def test_none_runs_on_the_page_to_try_a_server(browser: Any) -> None:
    assert on_the_server_s_page(browser) == ([], 60)


def test_none_runs_on_the_report(browser: Any, tmp_path: Path) -> None:
    ran, shown = on_the_report(browser, tmp_path)
    assert ran == []
    assert shown > 30


def test_none_runs_on_the_exported_page(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, shown = on_the_browser_s_page(browser, tmp_path, monkeypatch.setattr)
    assert ran == []
    assert shown == 60
