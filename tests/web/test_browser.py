"""The page of a bundle in a real browser: the same answers as a closed form, the same pixels, nothing from outside."""

import base64
import importlib.util
import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from linne.cli import main
from linne.core.errors import InputError, MissingExtra, OptionError, RunError
from linne.web import browser as page
from linne.web import driven
from linne.web.words_of_browser import WORDS
from tests.paged import CLASSES, answer, coloured, runtime_file, saved, write_bundle
from tests.web.browser import TAGS, axe

HOME = page.HOME
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
RED = np.full((80, 80, 3), (230, 20, 20), np.uint8)


@pytest.fixture(scope="module")
def archive() -> Path:
    return runtime_file()


@pytest.fixture(scope="module")
def folder(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="no onnx (uv sync installs it)")
    home = tmp_path_factory.mktemp("page")
    assert main(["export", str(write_bundle(home / "bundle")), "--to", "web", "--out", str(home / "out")]) == 0
    return home / "out"


@pytest.fixture(scope="module")
def chromium(folder: Path) -> Iterator[Any]:
    pytest.importorskip("playwright", reason="no playwright (uv sync installs it)")
    try:
        driven.found()
    except InputError as error:
        pytest.skip(str(error))
    with driven.opened(CAMERA) as found:
        yield found


@pytest.fixture(scope="module")
def visited(chromium: Any, folder: Path) -> Iterator[Any]:
    yield from visit(chromium, (folder / "index.html").as_uri())


@pytest.fixture
def shown(visited: Any) -> Any:
    """The page, without answers and in English."""
    visited.evaluate("linne.speak('en')")
    if visited.locator("#clear").is_visible():
        visited.locator("#clear").click()
    return visited


def visit(chromium: Any, address: str, **how: Any) -> Iterator[Any]:
    context = chromium.new_context(locale="en-GB", **how)
    found = context.new_page()
    found.errors = []
    found.on("pageerror", lambda error: found.errors.append(str(error)))
    found.on("dialog", lambda dialog: found.errors.append(dialog.message))
    found.goto(address)
    found.locator("html[data-settled]").wait_for(state="attached")
    yield found
    assert found.errors == []
    context.close()


def give(shown: Any, *files: tuple[str, bytes]) -> list[str]:
    """What the cards say of these files, in their order."""
    before = shown.locator("#answers > li").count()
    told = [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files]
    shown.set_input_files("#files", told)
    shown.locator(f"#answers > li:nth-child({before + len(files)})").wait_for()
    for k in range(len(files)):
        shown.locator("#answers > li").nth(k).locator(".answer, .bad").wait_for()
    return [shown.locator("#answers > li").nth(k).inner_text() for k in range(len(files) - 1, -1, -1)]


def test_verify_says_that_it_answers_the_same(folder: Path, chromium: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder), "--runtime", "web", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["asked"] == []
    assert told["backend"] == "wasm"
    for layer in ("arrays", "files"):
        assert told[layer]["n"] == told[layer]["equal"] == told[layer]["sets"] == 8
        assert told[layer]["worst"] < 1e-5
        assert told[layer]["unknown"] < 1e-4
    assert [row["pixels"] for row in told["files"]["rows"]] == [0] * 8


def test_verify_fails_where_it_answers_otherwise(archive: Path, chromium: Any, tmp_path: Path, capsys: Any) -> None:
    bundle = write_bundle(tmp_path / "bundle", off=0.002)
    page.export_page(bundle, tmp_path / "out", runtime_files=archive, webgpu=False)
    assert not list((tmp_path / "out").rglob("*webgpu*"))
    assert main(["verify", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "does not answer in this browser as the run did" in said.err
    assert "probabilities within 2.0e-03" in said.out
    assert "WebGPU was not used: it was left out of this folder" in said.out


def test_the_graphics_processor_is_asked_and_answers_the_same(folder: Path, chromium: Any) -> None:
    found = driven.verify(folder, "webgpu")
    if "no graphics processor" in found.gate or "no WebGPU" in found.gate:
        pytest.skip(found.gate)
    assert (found.gate, found.verdict["backend"]) == ("", "webgpu")
    assert "verified in chromium" in found.text()
    assert found.verdict["arrays"]["worst"] < 1e-3


def test_pictures_are_answered_by_name_and_nothing_in_a_name_is_markup(shown: Any) -> None:
    blue, grey = np.roll(RED, 2, axis=2), np.full((60, 60, 3), 128, np.uint8)
    said = give(shown, ("<b>r.png", saved(RED, "PNG")), ("b.png", saved(blue, "PNG")), ("g.png", saved(grey, "PNG")))
    assert said[0].startswith("<b>r.png\n\nred\n100 %")
    assert f"{CLASSES[2]}\n100 %" in said[1]
    assert "The right one is among these 90.0 % of the time: red" in said[0]
    assert "Perhaps none of these" in said[2]
    assert "33.3 %" in said[2]
    assert "The right one" not in said[2]
    assert "none of these" not in said[0] + said[1]
    assert shown.locator("img, #answers b").count() == 0
    assert shown.locator("#answers canvas").count() == 3
    assert shown.locator("#spoken").inner_text() == "g.png: perhaps none of these"
    shown.locator("#clear").click()
    assert shown.locator("#answers > li").count() == 0


def test_probabilities_are_the_closed_form(shown: Any) -> None:
    pixels = coloured(11, (33, 47))
    told = shown.evaluate(ASK, base64.b64encode(saved(pixels, "PNG")).decode())
    want = answer(pixels)
    np.testing.assert_allclose(told["probabilities"], want["probabilities"], atol=1e-6)
    assert [k for k, one in enumerate(told["set"]) if one] == want["set"]
    assert told["unknown"] == pytest.approx(want["unknown"], abs=1e-6)


def test_several_labels_a_picture(archive: Path, chromium: Any, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", several=True)
    page.export_page(bundle, tmp_path / "out", runtime_files=archive, webgpu=False)
    pair, dark = np.full((70, 70, 3), (240, 10, 240), np.uint8), np.full((70, 70, 3), 3, np.uint8)
    for shown in visit(chromium, (tmp_path / "out" / "index.html").as_uri() + "#verify"):
        shown.locator("html[data-verified=yes]").wait_for(state="attached")
        said = give(shown, ("two.png", saved(pair, "PNG")), ("none.png", saved(dark, "PNG")))
        assert said[0].endswith(f"Labels: red {CLASSES[2]}")
        assert said[1].endswith("No label reaches its threshold.")
        assert shown.locator("#spoken").inner_text() == "none.png: No label reaches its threshold."


ASK = """async (text) => {
  const { bitmap, ...one } = await linne.read(new Blob([linne.decoded(text)]));
  return linne.ask(one);
}"""
PIXELS = """async (text) => {
  try {
    const { bitmap, ...one } = await linne.read(new Blob([linne.decoded(text)]));
    let letters = "";
    for (const value of one.pixels) letters += String.fromCharCode(value);
    return [one.height, one.width, btoa(letters)];
  } catch (error) { return error.message }
}"""


def beside(name: str) -> Any:
    path = Path(__file__).parents[1] / "core" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_odd_pictures_give_the_pixels_that_they_mean(shown: Any) -> None:
    """Within 1 of 255 of what core.decode gives, whatever the form; TIFF and HEIC no Chromium reads."""
    all_cases = beside("odd_pictures").cases(beside("picture_writers"))
    cases = [case for case in all_cases if isinstance(case.item, bytes) and "tiff" not in case.name]
    cases = [case for case in cases if case.name not in ("packbits", "heic turned", "jpeg without an end")]
    assert len(cases) > 100
    far = []
    for case in cases:
        told = shown.evaluate(PIXELS, base64.b64encode(case.item).decode())
        want = np.asarray(case.pixels).astype(int)
        if isinstance(told, str) or tuple(told[:2]) != want.shape[:2]:
            far.append((case.name, str(told)[:80]))
            continue
        got = np.frombuffer(base64.b64decode(told[2]), np.uint8).reshape(want.shape).astype(int)
        if np.abs(got - want).max() > 1:
            far.append((case.name, int(np.abs(got - want).max())))
    assert far == []


def test_a_large_jpeg_is_reduced_as_the_training_reduced_it(shown: Any) -> None:
    smooth = Image.fromarray(coloured(3, (30, 40))).resize((2400, 1600), Image.Resampling.BICUBIC)
    data = saved(np.asarray(smooth), quality=95)
    least = shown.evaluate("linne.about.least")
    high, wide, text = shown.evaluate(PIXELS, base64.b64encode(data).decode())
    from linne.core.decode import decode

    want = decode(data, least=least).pixels
    assert (high, wide) == want.shape[:2] == (200, 300)
    got = np.frombuffer(base64.b64decode(text), np.uint8).reshape(want.shape).astype(int)
    assert np.abs(got - want).mean() < 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"import os\n", "This is no picture."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no picture."),
        (saved(RED)[:60] + b"\0" * 500, "The JPEG picture is damaged and cannot be read."),
        (b"\0\0\0\x18ftypheic" + b"\0" * 100, "This browser cannot read HEIC pictures. Save it as JPEG or PNG."),
        (saved(RED, "PNG")[:16] + b"\0\1\0\0\0\1\0\0" + saved(RED, "PNG")[24:],
         "65536 x 65536 pixels: more than the 64 million that are allowed."),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_says_why(shown: Any, data: bytes, words: str) -> None:
    said = give(shown, ("a.jpg", data), ("ok.png", saved(RED, "PNG")))
    assert said[0] == f"a.jpg\n\n{words}"
    assert "red" in said[1]


def test_a_long_line_and_a_single_pixel(shown: Any) -> None:
    line = np.repeat(RED[:1, :1], 65_535, axis=1)
    assert all(
        "red" in said for said in give(shown, ("l.png", saved(line, "PNG")), ("p.png", saved(RED[:1, :1], "PNG")))
    )


def test_the_camera_answers_and_a_refused_one_says_why(shown: Any) -> None:
    shown.get_by_role("button", name="Use the camera").click()
    shown.locator("#seen .answer").wait_for()
    shown.get_by_role("button", name="Keep this picture").click()
    shown.locator("#answers .answer").wait_for()
    shown.get_by_role("button", name="Stop the camera").click()
    assert shown.locator("#live").is_hidden()
    refuse = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError') }"
    shown.evaluate(f"() => {{ {refuse} }}")
    shown.get_by_role("button", name="Use the camera").click()
    shown.locator("#refused").wait_for()
    assert "http://localhost:8000" in shown.locator("#refused").inner_text()


def test_the_keyboard_reaches_everything(shown: Any) -> None:
    reached = []
    shown.evaluate("document.activeElement.blur()")
    shown.locator("h1").click()
    for _ in range(9):
        shown.keyboard.press("Tab")
        reached.append(shown.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert reached[:4] == ["language", "files", "camera", "verify"]
    shown.locator("#verify").focus()
    shown.keyboard.press("Enter")
    shown.locator("html[data-verified=yes]").wait_for(state="attached")
    assert shown.evaluate("document.activeElement.id") == "verdict"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 320)])
def test_axe_finds_nothing(chromium: Any, folder: Path, scheme: str, width: int) -> None:
    script, sides = axe(), {"width": width, "height": 800}
    for shown in visit(chromium, (folder / "index.html").as_uri(), viewport=sides, color_scheme=scheme):
        give(shown, ("a very long name of a picture.png", saved(RED, "PNG")), ("b.txt", b"x"))
        shown.locator("#verify").click()
        shown.locator("html[data-verified=yes]").wait_for(state="attached")
        shown.locator("summary").click()
        shown.evaluate(script)
        for language in ("en", "zh-Hans"):
            assert shown.locator("html").get_attribute("lang") == language
            found = shown.evaluate("(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
            assert [one["id"] + one["nodes"][0]["html"][:90] for one in found["violations"]] == []
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
            shown.locator("#language").click()


def test_every_word_is_there_in_chinese(shown: Any) -> None:
    give(shown, ("a.png", saved(RED, "PNG")), ("b.txt", b"x"))
    shown.locator("#language").click()
    for element in shown.locator("[data-say]").all():
        assert element.get_attribute("data-say") in {*WORDS, "{why}"}
    assert "正确答案在其中" in shown.locator("#answers").inner_text()
    source = "".join((HOME / name).read_text(encoding="utf-8") for name in (*page.SCRIPTS, "index.html.jinja"))
    said = re.findall(
        r'(?:Trouble\(|put\([^"\n]*?, |say\(|why: |data-say=|data-label=|Error: |[?:] )"([^"]*[a-z] [^"]*)"', source
    )
    assert len(said) > 40
    assert [words for words in said if words not in {*WORDS, "panel card", "{{ words }}"}] == []
    assert [words for words in WORDS if words not in source + "".join(page.LINKS.values())] == []
    places = {words: re.findall(r"\{\w+\}", words) for words in WORDS}
    assert all(sorted(re.findall(r"\{\w+\}", WORDS[words])) == sorted(named) for words, named in places.items())


def test_nothing_leaves_the_page(shown: Any) -> None:
    """The policy itself refuses, whatever a script might try."""
    tried = "fetch('https://example.com/').then(() => 'sent', (error) => String(error))"
    assert "sent" not in shown.evaluate(tried)
    policy = shown.locator("meta[http-equiv]").get_attribute("content")
    assert "connect-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")


class Isolated(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        for line in (Path(self.directory) / "_headers").read_text().splitlines()[1:]:
            self.send_header(*line.strip().split(": "))
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_static_host_with_its_headers_gives_threads(folder: Path, chromium: Any) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Isolated, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        for shown in visit(chromium, f"http://127.0.0.1:{server.server_port}/index.html#verify"):
            shown.locator("html[data-verified=yes]").wait_for(state="attached")
            wanted = shown.evaluate("Math.min(navigator.hardwareConcurrency, 8)")
            assert shown.evaluate("linne.verdict.threads") == wanted
        server.shutdown()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "parts/model-000.js is missing: copy the whole folder."),
        (
            lambda path: path.write_text('linne.part("model", 0, "AAAA");'),
            r"parts/model-*.js is damaged: copy it again.",
        ),
    ],
)
def test_a_spoilt_copy_says_so(folder: Path, chromium: Any, tmp_path: Path, spoil: Any, words: str) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    spoil(copy / "parts" / "model-000.js")
    shown = chromium.new_page(locale="en-GB")
    shown.goto((copy / "index.html").as_uri())
    shown.locator("html[data-ready=no]").wait_for(state="attached")
    assert shown.locator("#failed").inner_text() == words
    shown.close()
    with pytest.raises(RunError, match=r"lacks .parts/model-000|was changed"):
        driven.verify(copy)


def test_what_verify_refuses(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="is a page, which runs in a browser"):
        driven.verify(folder, "openvino")
    with pytest.raises(RunError, match="is no page"):
        driven.verify(tmp_path, "web")
    monkeypatch.setenv("LINNE_BROWSER", str(tmp_path / "absent"))
    with pytest.raises(InputError, match="there is no such file"):
        driven.verify(folder)
    monkeypatch.delenv("LINNE_BROWSER")
    monkeypatch.setattr(driven.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="No Chromium, Chrome or Edge is found"):
        driven.found()
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(MissingExtra, match=r"linne\[browser\]"):
        driven.verify(folder)


def test_the_folder_says_what_is_in_it(folder: Path) -> None:
    told = json.loads((folder / "MANIFEST.json").read_text())
    assert told["versions"]["onnxruntime-web"] == page.RUNTIME.version
    assert "Copyright (c) Microsoft Corporation" in (folder / "LICENSE.onnxruntime.txt").read_text()
    assert (folder / "LICENSE.txt").read_text() == "LICENSE.txt"
    assert (folder / "model-card.md").read_text() == "README.md"
    assert all(one["bytes"] <= 8_100_000 for one in told["files"].values())
    text = (folder / "index.html").read_text()
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "three &lt;colours&gt;" in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text)
