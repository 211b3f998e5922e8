"""Every page in a real browser, wide and narrow, light and dark, in both languages: axe finds nothing, nothing is asked
of the network, and nothing makes a narrow page scroll sideways."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.recipe import Recipe
from linne.engine.explain import Told
from linne.engine.figures_tree import figures
from linne.web import ablation, drawn, searched
from linne.web.explained import page as explained
from linne.web.gather import gather
from linne.web.monitored import Watched
from linne.web.report import render
from tests.verbs.test_synthesize import TOLD
from tests.web.browser import looked, opened
from tests.web.test_beside import ENSEMBLE, comparison, line
from tests.web.test_beside import ablation as ablated
from tests.web.test_branched import TREE
from tests.web.test_searched import found as searching

__all__ = ["ablated", "searching"]

GAIN = {"value": -0.03, "low": -0.09, "high": 0.02, "better": False}
RUNGS = [{"rung": "tail", "beside": "probe", "kept": False, "n": 93, "gain": GAIN}]
TIMES = [{"rung": "probe", "seconds": 3.0, "value": 0.94, "low": 0.91, "high": 0.96}]
SHARE = {"value": 0.6, "low": 0.5, "high": 0.7}
WATCHED = {
    "drift": {"drifted": True, "auc": SHARE, "p": 0.001, "n": 30, "of": 300, "smallest": 0.6},
    "beyond": None, "exchangeable": {"holds": False, "calibrated_on": "50 pictures"}, "left": {"cannot be read": 2},
    "mix": {"classes": [SHARE | {"class": "dog", "share": 0.6, "before": 0.2, "told": True}]},
    "accuracy": {"chosen": "confidence", "before": 0.9, "ways": {"confidence": SHARE | {
        "assumes": "calibrated probabilities mean what they say of new pictures too"}, "mix": SHARE | {
        "assumes": "only how often each class comes has changed: each class is recognised as often as before"}}},
    "strange": {"n": 0, "least": 2, "pictures": [
        {"row": 0, "name": "new/" + 40 * "a" + ".jpg", "guess": "dog", "confidence": 0.5, "distance": 0.7, "p": 0.01}]},
    "notes": ["a note"], "source": "new", "command": "linne monitor runs/a new",
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened() as one:
        yield one


@pytest.fixture
def pages(page: Any, result: Any, ablated: Any, searching: Any, tmp_path: Path) -> dict[str, Path]:
    pixels = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), dtype=np.uint8)
    images = Images.of(list(pixels), ["cat", "dog"], names=["a.jpg", "b.jpg"])
    chances, sides = np.full((2, 2), 0.5), np.zeros((2, 2), int)
    heat = [Told("heat", np.ones((2, 4, 4))), Told("heat", np.zeros((2, 4, 4)))]
    why = {"kind": "ablation", "file": "r.toml", "command": "linne ablate", "otherwise": {}}
    page["figures"] |= {"rungs": RUNGS}
    told = page | {"times": TIMES, "origin": why | {"found": ablation.parts(ablated)},
                   "verdicts": [comparison("runs/b", "better by 2 points", 0.02), ENSEMBLE]}  # fmt: skip
    tree = result(each=120)
    tree.figures |= figures(TREE, tree, Recipe())
    made = {
        "report": render(told),
        "tree": render(gather(tree, Recipe(), "linne train x")),
        "ablation": ablation.render(ablated | {"added": [line("mixup", 0.03, "helps")]}),
        "search": searched.render(searching),
        "monitor": Watched(images).page(WATCHED),
        "explained": explained(images, ("cat", "dog"), (pixels, chances, sides), heat, "cam", None, [], "linne"),
        "drawn": drawn.environment("en").get_template("drawn.html.jinja").render(
            lang="en", name="3 drawn pictures", lead=drawn.sentences(TOLD), command="linne synthesize",
            classes=[{"class": "cat", "share": "50 %", "pairs": [
                {"drawn": drawn.png(pixels[0]), "learned": drawn.png(pixels[1]), "share": "0.5", "close": True}]}],
            **drawn.dressed("css")),
    }  # fmt: skip
    for name, text in made.items():
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: tmp_path / f"{name}.html" for name in made}


def test_axe_finds_nothing_in_any_page(pages: dict[str, Path], browser: Any) -> None:
    for number, (name, file) in enumerate(pages.items()):
        for width, dark, chinese in ((1200, False, False), (400, True, bool(number % 2))):
            found = looked(browser, file, width, dark, chinese)
            assert found["violations"] == [], (name, width)
            assert found["asked"] == [], name
            assert found["errors"] == [], name
            assert found["wide"] <= width, (name, width)


def test_what_was_tried_stands_in_the_report(pages: dict[str, Path]) -> None:
    text = pages["report"].read_text(encoding="utf-8")
    section = text[text.index('id="course"') :]
    for said in ("94.0 % [91.0, 96.0]", "-3.0 [-9.0, +2.0]", "not told apart", "分辨不出", "93", "由来"):
        assert said in section, said
    assert text.index('id="course"') < text.index('id="model"')


def test_axe_would_find_something(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<html><body><img src='data:,'><p style='color:#ccc'>pale</p>")
    found = looked(browser, tmp_path / "bad.html", 400)
    assert {"image-alt", "color-contrast", "html-has-lang"} <= {one.split(":")[0] for one in found["violations"]}


def test_heads_print_as_words_and_sort_again_afterwards(pages: dict[str, Path], browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.goto(pages["report"].as_uri())
    words = page.locator("#classes thead").inner_text()
    buttons = page.locator("th button").count()
    assert buttons > 5
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("th button").count() == 0
    assert page.locator("#classes thead").inner_text() == words
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("th button").count() == buttons
    first = page.locator("#classes tbody tr th").first
    page.locator("#classes th button").first.click()
    up = first.inner_text()
    page.locator("#classes th button").first.click()
    assert (up, first.inner_text()) == ("cat", "eel")
    page.close()


def test_the_first_printed_page_is_full_and_a_phone_shows_the_estimates(pages: dict[str, Path], browser: Any) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(f"file://{pages['monitor']}")
    seen = page.evaluate("""() => { const cell = document.querySelector("tbody td"), box = cell.closest(".scroll");
      return [cell.getBoundingClientRect().right, box.getBoundingClientRect().right] }""")
    assert seen[0] <= seen[1], "the second column is not scrolled for"
    page.emulate_media(media="print")
    page.goto(f"file://{pages['report']}")
    style = page.evaluate("getComputedStyle(document.querySelector('.hero')).display")
    assert style == "block", "a grid that is longer than a page goes to the second one whole, and the first stays empty"
    page.close()
