"""More of the studio in a real browser: the map's lasso and zoom, many classes, several labels, a narrow screen."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.load import load
from linne.engine.mapped import Mapped, mark_of
from linne.web.studio.here import Studio
from linne.web.studio.jobs import DONE, RUNNING, Job
from linne.web.studio.routes.findings import adopt
from linne.web.studio.runs import home
from linne.web.studio.static_files import panels
from tests.waiting import until
from tests.web.browser import CHROMIUM
from tests.web.studio.made import flat
from tests.web.studio.test_browser import browser, open_, page, said, served

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium or Chrome on the PATH")
CENTRES = {"bars": (-0.6, 0.5), "cross": (0.6, 0.5), "disc": (0.0, -0.6)}
"""Where the map puts the pictures of a class: 12 on a circle of RADIUS around it, the first of them to the right."""
RADIUS = 0.2


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Iterator[tuple[Studio, str]]:
    """Pictures with a map whose places are known."""
    images = load(photos)
    turn = 2 * np.pi * (np.arange(36) % 12) / 12
    centre = np.array([CENTRES[images.classes[label]] for label in images.labels])
    place = centre + RADIUS * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    near = np.eye(36, 8, dtype=np.float16)
    with served(images, tmp_path_factory.mktemp("laid") / "fixes.csv") as (here, address):
        Mapped(near, place.astype(np.float32), mark_of(images.names)).save(here.home / "map.npz")
        yield here, address


def at(tab: Any, x: float, y: float) -> tuple[float, float]:
    """The pixels of the window where a place of the map is, drawn whole."""
    box = tab.locator(".stack canvas").nth(1).bounding_box()
    return box["x"] + (x + 1.04) / 2.08 * box["width"], box["y"] + (y + 1.04) / 2.08 * box["height"]


def around(tab: Any, middle: tuple[float, float], radius: float) -> None:
    """Draw a lasso by hand: a circle of `radius` pixels."""
    for k in range(25):
        x, y = middle[0] + radius * math.cos(k * math.pi / 12), middle[1] + radius * math.sin(k * math.pi / 12)
        tab.mouse.move(x, y)
        if not k:
            tab.mouse.down()
    tab.mouse.up()


def shown(tab: Any) -> list[str]:
    """Names in the grid."""
    return tab.locator(".cell").evaluate_all("all => all.map((one) => one.title)")


def on_the_map(tab: Any) -> float:
    """Open it; pixels of one unit of its places."""
    tab.wait_for_selector(".cell img[src]")
    tab.locator(".grid").focus()
    tab.keyboard.press("m")
    tab.wait_for_selector(".stack canvas")
    until(lambda: "36 points" in tab.inner_text(".legend"))
    return tab.locator(".stack canvas").nth(1).bounding_box()["width"] / 2.08


def test_a_lasso_on_the_map_chooses_what_it_holds(browser: Any, laid: tuple[Studio, str]) -> None:
    with page(browser, laid[1]) as tab:
        unit = on_the_map(tab)
        for key in "xkr":
            tab.keyboard.press(key)  # no picture is seen to be chosen here
        assert not laid[0].project.overlay.exists()
        assert not tab.locator("dialog[open]").count()
        around(tab, at(tab, *CENTRES["cross"]), 1.2 * RADIUS * unit)
        until(lambda: "12 of 36" in tab.inner_text(".bar"))
        until(lambda: sorted(shown(tab)) == [f"cross/cross-{k:03d}.jpg" for k in range(12)])
        tab.keyboard.press("Control+a")
        until(lambda: "12 selected" in tab.inner_text(".bar"))  # the keys are the grid's
        tab.get_by_role("button", name="Clear the filters").click()
        until(lambda: "36 of 36" in tab.inner_text(".bar"))


def test_the_map_is_zoomed_by_wheel_and_keys_and_stays_true(browser: Any, laid: tuple[Studio, str]) -> None:
    with page(browser, laid[1]) as tab:
        unit = on_the_map(tab)
        first = at(tab, CENTRES["disc"][0] + RADIUS, CENTRES["disc"][1])  # the first of the discs
        tab.mouse.move(*first)
        tab.wait_for_selector(".near-point:visible >> text=disc")
        tab.evaluate("window.turned = 0; addEventListener('wheel', (event) => { turned += event.deltaY; })")
        for _ in range(6):
            tab.mouse.wheel(0, -100)  # what is under the pointer stays there
        until(lambda: tab.evaluate("turned") == -600)
        around(tab, first, 0.4 * RADIUS * unit)  # zoomed in, it holds no other one
        until(lambda: shown(tab) == ["disc/disc-000.jpg"])
        tab.get_by_role("button", name="Clear the filters").click()
        on_the_map(tab)
        canvas = tab.locator(".stack canvas").nth(1)
        canvas.focus()
        box = lambda: canvas.evaluate("one => one.toDataURL()")  # noqa: E731
        before = box()
        for key in (*["ArrowRight"] * 14, *["ArrowDown"] * 12, "Shift+ArrowRight"):  # 0.02 each, from 0.4 to 0.6
            tab.keyboard.press(key)
        until(lambda: box() != before)
        tab.keyboard.press("Enter")
        until(lambda: sorted(shown(tab)) == [f"cross/cross-{k:03d}.jpg" for k in range(12)])


def test_of_many_classes_one_is_found_by_its_letters(browser: Any, photos: Path, tmp_path: Path) -> None:
    some = load(photos)
    classes = [f"kind {k:03d}" for k in range(400)]
    images = Images.of(some.items, [classes[11 * k] for k in range(36)], classes=classes, names=some.names, root=photos)
    with served(images, tmp_path / "fixes.csv") as (here, address), page(browser, address) as tab:
        tab.wait_for_selector(".cell img[src]")
        until(lambda: tab.locator(".classes label").count() == 60)
        assert "340 more" in tab.inner_text(".classes")
        tab.fill("#class-search", "kind 38")
        until(lambda: tab.locator(".classes label").count() == 10)
        tab.check("text=kind 385")
        until(lambda: shown(tab) == [str(images.names[35])])
        tab.fill("#class-search", "kind 00")
        until(lambda: tab.locator(".classes label").count() == 11)
        assert tab.locator(".classes input:checked").count() == 1, "what is chosen stays in sight"
        tab.fill("#class-search", "no such class")
        until(lambda: "No class is called so." in tab.inner_text(".classes"))
        tab.locator(".grid").focus()
        tab.keyboard.press("r")
        tab.wait_for_selector("dialog[open]")
        tab.keyboard.type("39")
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("Enter")
        until(lambda: said(tmp_path / "fixes.csv")[-1:] == [(str(images.names[35]), "relabel", "kind 139")])
        until(lambda: here.project.labels(35) == ["kind 139"])


def test_several_labels_are_chosen_and_none_is_an_answer(browser: Any, photos: Path, tmp_path: Path) -> None:
    table, overlay = tmp_path / "several.csv", tmp_path / "fixes.csv"
    paths = sorted(photos.rglob("*.jpg"))[:9]
    cells = ["red;round", "red", "round", *"??????"]
    table.write_text("\n".join(["image,labels", *(f"{p},{c}" for p, c in zip(paths, cells, strict=True))]) + "\n")
    with served(load(f"several({table}, label=labels)"), overlay) as (here, address), page(browser, address) as tab:
        tab.keyboard.press("Shift+L")
        tab.wait_for_selector("img.big[src]")
        tab.keyboard.press("Enter")
        until(lambda: "press 0 for none" in tab.inner_text("#toasts"))
        assert said(overlay) == [], "nothing chosen is no answer"
        for keys in (["1", "2", "Enter"], ["2", "1", "1", "Enter"], ["0"]):
            many = len(said(overlay))
            for key in keys:
                tab.keyboard.press(key)
            until(lambda many=many: len(said(overlay)) == many + 1)
        assert [to for _, _, to in said(overlay)] == ["red;round", "round", ";"]
        tab.keyboard.press("Shift+B")
        tab.wait_for_selector(".cell img[src]")
        tab.locator(".grid").focus()
        tab.keyboard.press("Home")
        tab.keyboard.press("r")
        tab.wait_for_selector("dialog[open]")
        assert tab.locator("dialog input:checked").count() == 2, "the labels that it has"
        tab.keyboard.type("red")
        tab.keyboard.press("Enter")  # off
        tab.keyboard.type("large")
        tab.keyboard.press("Enter")  # a new one, on
        tab.keyboard.press("Enter")  # nothing typed: saves
        until(lambda: said(overlay)[-1][2] == "round;large")
        until(lambda: here.project.labels(0) == ["round", "large"])
        until(lambda: "round, large" in tab.inner_text(".cell >> nth=0"))
        tab.get_by_role("checkbox", name="none of the labels").check()
        until(lambda: "1 of 9" in tab.inner_text(".bar"))


def test_a_picture_that_is_deleted_while_it_is_labelled(browser: Any, photos: Path, tmp_path: Path) -> None:
    folder, overlay = flat(tmp_path / "flat", photos), tmp_path / "labels.csv"
    with served(load(folder), overlay) as (here, address), page(browser, address) as tab:
        gone, second = (folder / here.project.name(row) for row in (0, 1))
        gone.unlink()
        tab.keyboard.press("Shift+L")
        until(lambda: "cannot be shown" in tab.inner_text("main"))
        tab.keyboard.press("x")
        until(lambda: "cannot be read any more" in tab.inner_text("#toasts"))
        until(lambda: tab.inner_text(".bar .name") == second.name)
        until(lambda: tab.evaluate("document.querySelector('img.big:not([hidden])')?.naturalWidth > 0"))
        tab.keyboard.press("x")
        until(lambda: [name for name, _, _ in said(overlay)] == [second.name])


def test_everything_fits_and_works_on_a_narrow_screen(browser: Any, laid: tuple[Studio, str]) -> None:
    clipped = """() => [...document.querySelectorAll(
      'button, input, select, a:not(.skip), canvas, img.big')].filter((one) => {
      const box = one.getBoundingClientRect();
      return one.checkVisibility() && box.width && (box.left < -1 || box.right > innerWidth + 1);
    }).map((one) => one.outerHTML.slice(0, 80))"""
    with page(browser, laid[1]) as tab:
        tab.set_viewport_size({"width": 375, "height": 667})
        for name in panels():
            open_(tab, name)
            tab.wait_for_timeout(150)
            assert tab.evaluate("document.documentElement.scrollWidth") <= 375, name
            assert tab.evaluate(clipped) == [], name
        open_(tab, "browse")
        on_the_map(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 375
        assert tab.evaluate(clipped) == []
        tab.keyboard.press("m")
        tab.locator(".grid").scroll_into_view_if_needed()
        tab.locator(".cell").first.dblclick()
        tab.wait_for_selector("aside.sheet dl")
        sheet = tab.locator("aside.sheet").bounding_box()
        assert (sheet["x"], sheet["width"]) == (0, 375), "a sheet of its own"
        assert tab.evaluate(clipped) == []
        tab.keyboard.press("z")
        large = tab.locator("dialog .zoomed img")
        until(lambda: large.evaluate("one => one.naturalWidth > 0"))
        wide = large.bounding_box()["width"]
        assert 0.5 * 375 < wide <= 375
        for times in (2, 4, 1):
            tab.keyboard.press("Enter")
            until(lambda times=times: large.bounding_box()["width"] > 0.9 * times * wide)
        tab.keyboard.press("Escape")
        tab.keyboard.press("Escape")
        tab.wait_for_selector("aside.sheet", state="hidden")
        tab.keyboard.press("?")
        box = tab.locator("dialog[open]").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 375


def test_a_run_is_watched_while_it_learns(browser: Any, laid: tuple[Studio, str]) -> None:
    here, address = laid
    run = home(here) / "moving"
    run.mkdir(parents=True)
    (run / "recipe.toml").write_text("")
    (run / "log.jsonl").write_text("")
    job = Job(1, "train", ("train", "photos", "--out", str(run)), state=RUNNING)
    here.jobs._jobs[1] = job
    with page(browser, address) as tab, (run / "log.jsonl").open("a") as log:
        open_(tab, "train")
        until(lambda: "running" in tab.inner_text("#run-state"))
        for epoch, loss, rate, left in (
            (1, 0.8, 0.01, 30),
            (2, 0.6, 1.85e-6, 20),
            (0, 0, 0, 0),
            (1, 0.9, 0.01, 30),
            (2, 0.5, 0.008, 15.4),
        ):
            if not epoch:
                log.write(json.dumps({"at": 1, "say": "tail stays", "rung": {"rung": "tail", "kept": False}}) + "\n")
                continue
            line = {
                "at": 1,
                "say": "as the terminal has it",
                "epoch": epoch,
                "step": 10 * epoch,
                "of": 40,
                "loss": loss,
            }
            log.write(json.dumps(line | {"rate": rate, "left": left, "speed": 31.4}) + "\n")
        log.flush()
        until(lambda: tab.locator("#now").count() and "15 s left" in tab.inner_text("#now"))
        assert "epoch 2, step 20 of 40: loss 0.5000, learning rate 0.00800, 31 pictures/s" in tab.inner_text("#now")
        drawn = "all => all.map((one) => one.getAttribute('aria-label'))"
        wanted = ["Loss by epoch: 0.500", "Learning rate by epoch: 0.00800"]
        until(lambda: tab.locator("main svg").evaluate_all(drawn) == wanted)
        legend = tab.locator("main svg").first.locator("text").all_text_contents()
        assert legend[-2:] == ["tail", "fit 2"], "a line is called by its rung"
        left = tab.locator("main svg text").evaluate_all("all => Math.min(...all.map((one) => one.getBBox().x))")
        assert left >= 0, "no number is cut off"
        job.state = DONE
        (run / "DONE.json").write_text("{}")
        until(lambda: "done" in tab.inner_text("#run-state"))
        assert not tab.locator("#now").count()


def test_findings_are_told_in_chinese_and_those_about_the_whole_set_too(browser: Any, laid: tuple[Studio, str]) -> None:
    here, address = laid
    names = [str(name) for name in here.project.images.names]
    adopt(here, [
        {"kind": "exact duplicates", "severity": "medium", "rows": [0, 1], "names": names[:2],
         "why": "2 of 36 pictures (5.6 %) have the same bytes as another: 1 group, 1 more than there are different "
                "ones.", "fix": "A sentence that nobody knows.", "details": {"groups": [[0, 1]]}},
        {"kind": "labels without information", "severity": "high", "rows": [], "names": [],
         "why": "33.3 % [20.0, 50.0] of 36 labels are foretold out of fold, and 33.3 % would be by chance: these "
                "labels carry no information about the pictures that can be seen here.", "fix": "Nothing to do."},
    ])  # fmt: skip
    here.kept["worth"] = WORTH
    with page(browser, address, "zh-CN") as tab:
        open_(tab, "fix")
        tab.wait_for_selector("#worth")
        assert "低 5.0 个百分点 [1.0, 9.0]（60 张图片，测试）" in tab.inner_text("#worth")
        tab.wait_for_selector(".cell img[src]")
        card = tab.locator(".middle .card")
        assert "36 张图片中的 2 张（5.6 %）与另一张字节完全相同" in card.inner_text()
        assert card.locator("[lang=en]").all_inner_texts() == ["A sentence that nobody knows."]
        assert "36 个标签中有 33.3 % [20.0, 50.0] 能在折外预测" in tab.inner_text("aside details")
        assert tab.evaluate("[...linne.missing]") == []
    with page(browser, address) as tab:
        open_(tab, "fix")
        tab.wait_for_selector(".cell img[src]")
        assert "2 of 36 pictures (5.6 %)" in tab.inner_text(".middle .card")
        assert not tab.locator(".middle .card [lang=en]").count()


WORTH = {
    "metric": "accuracy", "percent": True, "value": -0.05, "low": -0.09, "high": -0.01, "n": 60, "warning": "",
    "sentence": "worse by 5.0 points [1.0, 9.0]", "split": "test", "command": "linne compare a b",
    "before": {"value": 0.9, "low": 0.85, "high": 0.94}, "after": {"value": 0.85, "low": 0.8, "high": 0.9},
}  # fmt: skip


def test_what_it_brought_is_a_paired_difference_with_its_interval(browser: Any, laid: tuple[Studio, str]) -> None:
    here, address = laid
    with page(browser, address) as tab:
        for one, told in (
            (WORTH, "After: 85.0 % [80.0, 90.0]. Before: 90.0 % [85.0, 94.0]. worse by 5.0 points [1.0, 9.0], on 60"),
            (
                WORTH | {"percent": False, "value": 0.02, "low": -0.01, "high": 0.05},
                "After: 0.850 [0.800, 0.900]. Before: 0.900 [0.850, 0.940]. not told apart: +0.020 [-0.010, 0.050]",
            ),
        ):
            here.kept["worth"] = one
            open_(tab, "browse")
            open_(tab, "fix")
            until(lambda told=told: told in tab.inner_text("#worth"))
