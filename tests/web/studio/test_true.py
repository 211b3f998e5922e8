"""What the studio's page shows is so: answers in their order, what was said kept, nothing silent, the focus kept."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linne.core.load import load
from linne.web.studio.here import Studio
from linne.web.studio.jobs import DONE, FAILED, RUNNING, STOPPED, Job
from linne.web.studio.project import Answer, Project
from linne.web.studio.routes.findings import adopt
from linne.web.studio.routes.training import _compared
from linne.web.studio.serve import overlay_of
from linne.web.studio.static_files import STATIC
from tests.web.browser import CHROMIUM
from tests.web.studio.made import studio
from tests.web.studio.test_browser import browser, open_, page, said, served, until

__all__ = ["browser"]
chromium = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium or Chrome on the PATH")
FETCH = """([part, ms, answer, status]) => {
  const real = window.fetch;
  window.asked = [];
  window.fetch = async (url, more) => {
    if (!String(url).includes(part)) return real(url, more);
    window.asked.push([url, more?.body]);
    if (answer === "lost") throw new TypeError("no network");
    const told = answer === null ? await real(url, more) : new Response(JSON.stringify(answer), { status });
    await new Promise((go) => setTimeout(go, ms));
    return told;
  };
}"""
"""Requests of this kind are answered late, otherwise, or not at all."""

TYPED = """async ([word, key]) => {
  const heard = { bubbles: true, cancelable: true };
  const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, ...heard }));
  press("n");
  document.activeElement.value = word;
  document.activeElement.dispatchEvent(new Event("input", { bubbles: true }));
  press("Enter");
  for (let turn = 0; turn < 9; turn++) await null;
  press(key);
}"""
"""A new class, and a key before the browser has drawn anything of it: a closed dialog's field has the focus still."""


def mock(tab: Any, part: str, answer: Any = None, ms: int = 0, status: int = 200) -> None:
    tab.evaluate(FETCH, [part, ms, answer, status])


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Iterator[tuple[Studio, str]]:
    with served(load(photos), tmp_path_factory.mktemp("true") / "fixes.csv") as opened:
        yield opened


def name(tab: Any) -> str:
    return tab.inner_text(".bar .name")


@chromium
def test_labelling_comes_to_an_end(browser: Any, photos: Path, tmp_path: Path) -> None:
    folder, overlay, asked = tmp_path / "five", tmp_path / "labels.csv", list[str]()
    folder.mkdir()
    for path in sorted(photos.rglob("*.jpg"))[:5]:
        shutil.copy2(path, folder / path.name)
    names = sorted(path.name for path in folder.iterdir())
    with served(load(folder), overlay) as (_, address), page(browser, address) as tab:
        tab.on("request", lambda one: asked.append(one.url) if "/api/queue" in one.url else None)
        tab.keyboard.press("Shift+L")
        until(lambda: name(tab) == names[0])
        tab.keyboard.press(" ")
        tab.keyboard.press("n")
        tab.keyboard.type("bobcat")
        tab.keyboard.press("Enter")
        tab.evaluate(TYPED, ["cat", "q"])
        tab.keyboard.press("1")
        until(lambda: name(tab) == names[0])
        assert "skipped" in tab.inner_text("#toasts")
        tab.keyboard.press("2")
        until(lambda: "Every picture has a label" in tab.inner_text("main"))
        until(lambda: "4 labelled, 0 left · 1 unsure" in tab.inner_text("aside.right"))
        told = [("bobcat",), ("cat",), ("",), ("bobcat",), ("cat",)]
        assert [(to,) for _, _, to in said(overlay)] == told, "a new class, though another one holds its letters"
        many = len(asked)
        tab.wait_for_timeout(400)
        assert len(asked) == many, "nothing is asked again and again"
        box = tab.locator("aside.right input[type=checkbox]").first
        box.focus()
        tab.keyboard.press(" ")
        assert not box.is_checked(), "a key of the page leaves a field its own"


@chromium
def test_a_filter_is_what_was_typed_last(browser: Any, own: tuple[Studio, str]) -> None:
    with page(browser, own[1]) as tab:
        tab.wait_for_selector(".cell img[src]")
        tab.get_by_role("button", name="Undo").click()
        until(lambda: "nothing is undone" in tab.inner_text("#toasts"))
        titles = "[...document.querySelectorAll('.cell')].map((one) => one.title.split('/')[0])"
        mock(tab, "text=bars", ms=500)
        field = tab.locator("aside input[type=search]").first
        field.fill("bars")
        until(lambda: tab.evaluate("asked.length"))
        field.fill("cross")
        until(lambda: set(tab.evaluate(titles)) == {"cross"})
        tab.wait_for_timeout(400)
        assert set(tab.evaluate(titles)) == {"cross"}, "an answer that came late is none"
        tab.locator(".grid").focus()
        tab.keyboard.press("k")
        until(lambda: "1 decided" in tab.inner_text("#figures"))
        assert field.input_value() == "cross", "what is filtered by stays in sight"
        tab.keyboard.press("?")
        tab.get_by_label("Colours").select_option("dark")
        assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
        tab.keyboard.press("Escape")
        assert field.input_value() == "cross", "another colour begins nothing anew"
        mock(tab, "/api/picture/", {"error": "It broke."}, status=500)
        tab.locator(".grid").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_selector("aside.right [role=alert]")
        tab.locator("aside.right").get_by_role("button", name="Close").click()
        tab.wait_for_selector("aside.right", state="hidden")
        tab.emulate_media(forced_colors="active")
        told = tab.locator(".cell.active").evaluate("one => getComputedStyle(one).outlineStyle")
        assert told == "double", "seen without grounds and shadows too"
        runs = [{"id": one, "name": one, "state": "done", "open": one == "old"} for one in ("new", "old")]
        mock(tab, "/api/train/runs", runs)
        tab.keyboard.press("Shift+E")
        until(lambda: tab.locator("#export-run").count() and tab.input_value("#export-run") == "old")
        tab.go_back()
        tab.wait_for_selector("#to-browse[aria-current]")


@chromium
def test_what_was_said_stays_said(browser: Any, own: tuple[Studio, str]) -> None:
    here, address = own
    overlay = here.project.overlay
    with page(browser, address) as tab:
        tab.evaluate("const a = linne.api; a.decide([3], 'keep'); a.undo(); a.decide([3], 'drop'); null")
        until(lambda: said(overlay)[-1:] == [(here.project.name(3), "drop", "")])
        assert here.project.figures()["conflicts"] == 0, "nobody fights with his own undo"
        tab.evaluate("linne.api.decide([7], 'relabel', ['.no class']); linne.api.decide([8], 'keep'); null")
        until(lambda: "cannot be called" in tab.inner_text("#toasts"))
        until(lambda: said(overlay)[-1] == (here.project.name(8), "keep", ""))
        tab.keyboard.press("u")
        until(lambda: said(overlay)[-1] == (here.project.name(8), "undo", ""))
        old = here.project.since(0) | {"number": 999, "figures": here.project.figures()}
        old["rows"] = [one | {"version": 0, "state": 0} for one in old["rows"]]
        mock(tab, "/api/changes", old)
        until(lambda: tab.evaluate("asked.length"))
        tab.wait_for_timeout(50)
        assert tab.evaluate("linne.api.state(3)") == "dropped", "what was told before is known better by now"
        mock(tab, "/api/changes", "lost")
        until(lambda: "does not answer" in tab.inner_text("#unsaved"))


@chromium
def test_two_tabs_keep_what_each_could_not_send(browser: Any, own: tuple[Studio, str]) -> None:
    here, address = own
    with page(browser, address) as tab:
        other = tab.context.new_page()
        other.goto(address)
        other.wait_for_selector("#panels button")
        for one, row in ((tab, 20), (other, 21)):
            mock(one, "/api/decide", "lost")
            one.evaluate("row => { linne.api.decide([row], 'drop'); }", row)
            until(lambda one=one: "does not answer" in one.inner_text("#unsaved"))
        other.close(run_before_unload=False)
        tab.reload()
        until(lambda: {told[0] for told in said(here.project.overlay)[-2:]} == {here.project.name(k) for k in (20, 21)})


@chromium
def test_findings_and_focus_are_there_when_they_come(browser: Any, own: tuple[Studio, str]) -> None:
    here, address = own
    names, job = here.project.images.names, Job(1, "check", ("check",), state=RUNNING)
    here.jobs._jobs[1] = job
    with page(browser, address) as tab:
        open_(tab, "label")
        until(lambda: tab.evaluate("linne.api.running.length"))
        tab.locator(".pick").nth(1).focus()
        tab.keyboard.press("Tab")  # to the third, by a key
        here.project.decide([Answer(30, 0, "relabel", ("bars",))], "bea")
        until(lambda: "13" in tab.locator(".pick").first.inner_text())
        assert "disc" in tab.evaluate("document.activeElement.textContent"), "the focus stays where it was"
        open_(tab, "browse")
        adopt(here, [{"kind": "outlier", "severity": "low", "why": "2.", "fix": "Look.", "rows": [1, 2],
                      "names": [str(names[1]), str(names[2])], "details": {}}])  # fmt: skip
        job.state = DONE
        tab.evaluate("linne.api.look()")
        tab.get_by_label("Finding").select_option(label="outlier")
        until(lambda: "2 of 36" in tab.inner_text(".bar"))
        open_(tab, "train")
        start = here.jobs._jobs[2] = Job(2, "train", ("train",), state=RUNNING, begun=1.0)
        tab.evaluate("linne.api.look()")
        tab.get_by_role("button", name="Stop").focus()
        start.begun = 100.0
        tab.evaluate("linne.api.look()")
        assert tab.evaluate("document.activeElement.textContent") == "Stop", "seconds that go by take no focus away"
        after = here.jobs._jobs[3] = Job(3, "train", ("train", "again"))
        tab.evaluate("linne.api.look()")
        assert tab.locator(".job:not([hidden])").first.get_attribute("data-job") == "2", "what runs can be stopped"
        after.state = STOPPED
        mock(tab, "/api/train/start", {"command": "linne train", "run": "0" * 16, "id": 2})
        tab.click("#start")
        start.state, start.why = FAILED, "too few pictures"
        until(lambda: "too few pictures" in tab.locator(".middle").inner_text())
        assert tab.inner_text("#run-state") == "failed"
    here.jobs._jobs.clear()


ANSWER = {"answers": [{"label": "disc", "probabilities": [["disc", 1.0]], "set": ["disc"]}], "notes": [], "run": "r",
          "command": "linne predict"}  # fmt: skip


@chromium
def test_every_picture_that_is_tried_is_answered(browser: Any, own: tuple[Studio, str], photos: Path) -> None:
    paths = [str(path) for path in sorted(photos.rglob("*.jpg"))[:3]]
    with page(browser, own[1]) as tab:
        mock(tab, "/api/try/gallery", {"identities": []})
        open_(tab, "try")
        mock(tab, "/api/try/predict", ANSWER)
        cards = tab.locator("#answers article h2.label")
        tab.set_input_files("#files", paths)
        until(lambda: cards.count() == 3)
        tab.fill("#coverage", "80")
        tab.locator("#coverage").press("Tab")
        until(lambda: tab.evaluate("asked.length") == 6)
        assert json.loads(tab.evaluate("asked.at(-1)[1]"))["coverage"] == 0.8, "an option that is changed is obeyed"
        until(lambda: cards.count() == 3)
        tab.select_option("#mode", "who")
        until(lambda: tab.locator("#answers article:has-text('Nobody is enrolled')").count() == 3)
        assert not tab.locator("#coverage").is_visible(), "who is asked for has no such options"
        told = {"identities": ["ann"], "command": "linne enrol"}
        for who, files, new, cards_ in (("ann", [], 3, 3), ("bea", paths[:2], 2, 5)):
            tab.select_option("#mode", "what")
            tab.set_input_files("#files", files) if files else None
            until(lambda n=cards_: cards.count() == n)
            mock(tab, "/api/try/enrol", told)
            tab.fill("#who", who)
            tab.get_by_role("button", name="Enrol", exact=True).click()
            until(lambda: tab.evaluate("asked.length"))
            assert len(json.loads(tab.evaluate("asked.at(-1)[1]"))["pictures"]) == new, "nobody is somebody else too"
        tab.evaluate("""() => {
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array(31e6)], "big.jpg", { type: "image/jpeg" }));
          const drop = new DragEvent("drop", { dataTransfer: files, bubbles: true });
          document.querySelector("main section").dispatchEvent(drop);
        }""")
        until(lambda: "big.jpg has 31 MB" in tab.inner_text("#toasts"))


def test_a_run_may_know_labels_that_the_pictures_lack(tmp_path: Path, photos: Path) -> None:
    table, paths = tmp_path / "several.csv", sorted(photos.rglob("*.jpg"))[:3]
    table.write_text("image,labels\n" + "".join(f"{path},red;round\n" for path in paths))
    project = Project(load(f"several({table}, label=labels)"), tmp_path / "fixes.csv")
    project.know(["red", "large"])
    assert project.classes == ["red", "round", "large"]
    assert project.decide([Answer(0, 0, "relabel", ("large",))])[0]["labels"] == ["large"]
    assert project.figures()["counts"] == [2, 2, 1]


def test_unsent_answers_belong_to_these_pictures_and_this_overlay(tmp_path: Path, photos: Path) -> None:
    some = tmp_path / "some"
    shutil.copytree(photos, some)
    keys = [studio(some, tmp_path / "a.csv").key, studio(some, tmp_path / "b.csv").key]
    assert studio(some, tmp_path / "a.csv").key == keys[0]
    next(some.rglob("*.jpg")).unlink()
    assert len({*keys, studio(some, tmp_path / "a.csv").key}) == 3


def test_a_comparison_is_told_in_chinese_too(tmp_path: Path, photos: Path) -> None:
    here = studio(photos, tmp_path / "fixes.csv")
    told = "cannot tell one and two apart: +0.0 points [-3.2, 3.2]"
    pair = {"first": "one", "second": "two", "verdict": told, "warning": "few pictures differ"}
    _compared(here, {"pairs": [pair], "notes": ["Nobody knows this."], "split": "test", "command": "linne compare"})
    kept = here.kept["compared"]
    assert kept["verdict"] == told
    assert kept["verdict_zh"].startswith("分不出 one 和 two 的高下")
    assert kept["warning_zh"] == "两者不同的图片很少"
    assert kept["notes"] == [{"note": "Nobody knows this.", "note_zh": ""}]


def test_decisions_lie_in_a_file_of_the_project_s_name(tmp_path: Path) -> None:
    for source in ("a/photos", "several(b/photos.csv, label=labels)", "table('photos.csv')"):
        assert overlay_of(source, tmp_path, "") == Path("photos.labels.csv")


def test_a_text_has_one_translation_and_is_said_somewhere() -> None:
    every, pairs = "", dict[str, set[str]]()
    for path in sorted(STATIC.rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r'"((?:[^"\\]|\\.)*)":\s*"([^"]*[一-鿿][^"]*)"', text)
        for words, chinese in found:
            pairs.setdefault(words, set()).add(chinese)
        every += re.sub(r'"((?:[^"\\]|\\.)*)":\s*"([^"]*[一-鿿][^"]*)"', "", text)
    from_server = {"validation", "test", "train", "confirmed", "relabelled", "labelled", "dropped"}
    parts = {words for words in pairs if words.startswith(("better by", "worse by", "not told apart"))}
    assert len(pairs) > 200
    assert {words: told for words, told in pairs.items() if len(told) > 1} == {}
    unsaid = {words for words in pairs if f'"{words}"' not in every and words not in parts | from_server}
    assert unsaid == set()
