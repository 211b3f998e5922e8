"""linne serve as a person starts it: a trained run and a gallery, the page in a real browser, signals."""

import base64
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import linne
from linne.core.ask import Ask
from linne.core.decode import Geometry, decode, prepare
from linne.engine.log import Log
from linne.engine.serving import Picture, Want, opened
from tests.waiting import until
from tests.web.browser import CHROMIUM

RUNTIME = "openvino(f32)"
"""The same everywhere: which one is the quickest depends on the number of pictures."""

MEAN = """() => {
  const canvas = document.querySelector("li.answer canvas"), sum = [0, 0, 0], { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  data.forEach((value, at) => { if (at % 4 < 3) sum[at % 4] += value; });
  return sum.map((one) => one / width / height);
}"""
"""The mean colour of a heatmap."""


class Served:
    """The command as a process; port, token, and what it said."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "linne", "serve", *words, "--port", "0", "--deadline", "20"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stderr
        self.said, self.token = "", ""
        while not (match := re.search(r"listening: (http://127.0.0.1:\d+)/#token=(\S+)", self.said)):
            line = self.process.stderr.readline()
            assert line, self.said
            self.said += line
        self.base, self.token = match[1], match[2]
        self.allowed = {"authorization": f"Bearer {self.token}", "x-linne": "1"}

    def end(self) -> tuple[int, str]:
        """Its exit code and what it printed."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=120)
        return self.process.returncode, out


@pytest.fixture(scope="module")
def place(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """run, new and photos of `shapes`, and a gallery of its own."""
    root = tmp_path_factory.mktemp("served")
    for name in ("run", "new", "photos"):
        (root / name).symlink_to(shapes / name)
    linne.Gallery.at(root / "gallery").enrol(root / "new")
    return root


@pytest.fixture(scope="module")
def served(place: Path) -> Iterator[Served]:
    found = Served(f"shapes={place / 'run'}", str(place / "gallery"), "--runtime", RUNTIME)
    yield found
    code, out = found.end()
    assert code == 0
    assert "requests answered" in out


def files(place: Path) -> list[Any]:
    return [("x", (str(path.name), path.read_bytes())) for path in sorted((place / "new").rglob("*.jpg"))]


def test_answers_are_those_of_linne_predict(served: Served, place: Path) -> None:
    """Alone and together, plain and with sets, and none of these: the very same numbers."""
    for asked in ({}, {"coverage": 0.8}, {"unknown": 0.8}):
        rows = linne.predict(place / "run", place / "new", runtime=RUNTIME, **asked).data()
        offline = {Path(row["name"]).name: row for row in rows}
        url = f"{served.base}/predict"
        many = httpx.post(url, params=asked, files=files(place), timeout=60).json()["predictions"]
        one_by_one = [httpx.post(url, params=asked, files=[one], timeout=60) for one in files(place)]
        assert many == [one.json()["predictions"][0] for one in one_by_one]
        assert len(many) == 12
        for one in many:
            row = offline[one["name"]]
            assert one["label"] == row["label"]
            assert one["probabilities"] == {name: row[name] for name in one["probabilities"]}
            assert one.get("set", []) == list(row.get("set", []))
            assert one.get("unknown", False) == (row.get("unknown") == "yes")


def test_a_heatmap_and_the_likeliest_classes(served: Served, place: Path) -> None:
    told = httpx.post(f"{served.base}/predict?explain=cam&top=1", files=files(place)[:1], timeout=60).json()
    one = told["predictions"][0]
    assert len(one["probabilities"]) == 1
    assert max(map(max, one["heatmap"])) == pytest.approx(1)
    other = next(name for name in ("disc", "bars", "cross") if name != one["label"])
    told = httpx.post(f"{served.base}/predict?explain=cam&of={other}", files=files(place)[:1], timeout=60).json()
    assert told["predictions"][0]["heatmap"] != one["heatmap"]
    for asked, said in (
        ("explain=cam&of=brs", "There is no class 'brs'. Did you mean 'bars'?"), ("of=bars", "explain=cam as well"),
        ("explain=neighbours", "no heatmap"), ("explain=occlusion(size=2)", "Did you mean 'occlusion'?"),
    ):  # fmt: skip
        wrong = httpx.post(f"{served.base}/predict?{asked}", files=files(place)[:1], timeout=60)
        assert wrong.status_code == 422
        assert said in wrong.json()["error"]


def test_nothing_of_a_picture_that_was_explained_is_kept(place: Path) -> None:
    found = opened(place / "run", Ask(runtime=RUNTIME), Log(quiet=True))
    pictures = [Picture(path.name, path.read_bytes()) for path in sorted((place / "new").rglob("*.jpg"))[:2]]
    looked = found.look([one.decoded(found.geometry) for one in pictures])
    heat = [one["heatmap"] for one in found.tell(looked, Want(explain="cam"))]
    assert {len(repr(value)) <= 6 for one in heat for row in one for value in row} == {True}, "three places are three"
    assert not found._explainers["cam"]._held


def test_nothing_of_torch_is_loaded(served: Served) -> None:
    maps = Path(f"/proc/{served.process.pid}/maps")
    if not maps.exists():
        pytest.skip("only Linux tells what a process has loaded")
    assert "openvino" in maps.read_text()
    assert "torch" not in maps.read_text()


def test_a_gallery_identifies_and_enrols_with_the_token_alone(served: Served, place: Path) -> None:
    url = f"{served.base}/identify"
    told = httpx.post(url, files=files(place), timeout=60).json()
    offline = linne.Gallery.open(place / "gallery").identify(place / "new").data()
    names = {Path(one["picture"]).name: one["name"] for one in offline["answers"]}
    assert {one["picture"]: one["name"] for one in told["answers"]} == names
    data = [base64.b64encode(path.read_bytes()).decode() for path in sorted((place / "photos" / "disc").iterdir())[:2]]
    body = {"pictures": data}
    assert httpx.post(f"{served.base}/enrol?name=more", json=body).status_code == 401
    wrong = httpx.post(f"{served.base}/enrol?name=more", json={"pictures": [base64.b64encode(b"no").decode()]},
                       headers=served.allowed)  # fmt: skip
    assert wrong.status_code == 422
    named = [{"name": "mine.png", "data": base64.b64encode(b"no").decode()}]
    made = httpx.post(
        f"{served.base}/enrol?name=more", json={"pictures": data + named}, headers=served.allowed, timeout=60
    )
    assert made.status_code == 200, made.text
    assert [one["picture"] for one in made.json()["left_out"]] == ["mine.png"]
    assert "more" in linne.Gallery.open(place / "gallery").names
    again = httpx.post(url, json={"pictures": data[:1]}, timeout=60).json()["answers"][0]
    assert again["nearest"][0]["name"] == "more"
    assert again["nearest"][0]["similarity"] > 0.9
    found = httpx.get(f"{served.base}/models").json()["models"]
    assert [(one["name"], one["kind"]) for one in found] == [("shapes", "classifier"), ("gallery", "gallery")]
    assert found[1]["identities"] == 4


def test_models_are_opened_anew_by_a_signal(served: Served) -> None:
    served.process.send_signal(signal.SIGHUP)
    until(lambda: httpx.get(f"{served.base}/models", timeout=60).json()["models"][0]["loads"] == 2)


def test_the_page_in_a_browser(served: Served, place: Path) -> None:
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    bad: list[str] = []
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda one: bad.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: bad.append(str(one)))
        page.on("requestfailed", lambda one: bad.append(one.url))
        page.goto(f"{served.base}/#token={served.token}")
        page.wait_for_selector("#model option", state="attached", timeout=60_000)
        assert "token" not in page.url, "it stays in no history"
        page.check("#heat")
        hostile = {"name": "<img src=x onerror=alert(1)>.jpg", "mimeType": "image/jpeg"}
        path = next((place / "new" / "disc").iterdir())
        page.set_input_files("#files", [{**hostile, "buffer": path.read_bytes()}])
        page.wait_for_selector("li.answer canvas")
        blended = page.evaluate(MEAN)
        models = [one for one in httpx.get(f"{served.base}/models").json()["models"] if one["kind"] == "classifier"]
        heat = httpx.post(f"{served.base}/predict?explain=cam", files=[("p", path.read_bytes())], timeout=60).json()
        share = np.clip(heat["predictions"][0]["heatmap"], 0, 1)
        colours = np.stack([255 * np.minimum(1, 2 * share), 255 * np.maximum(0, 2 * share - 1), 80 * (1 - share)], -1)
        seen = prepare(decode(path.read_bytes()).pixels, Geometry(**models[0]["geometry"]))
        assert np.abs(np.array(blended) - (seen.mean((0, 1)) + colours.mean((0, 1))) / 2).max() < 6
        wanted = linne.predict(place / "run", [path], runtime=RUNTIME).top(1)[0][0]
        assert page.text_content("li.answer .label") == wanted[0]
        assert page.text_content("li.answer td.share") == f"{100 * wanted[1]:.1f} %"
        assert page.text_content("li.answer .name") == hostile["name"]
        page.click("#language")
        assert page.text_content("h1") in ("试一张图片", "Try a picture")
        command = page.text_content("#command") or ""
        assert command.endswith("/predict?model=shapes&top=5&explain=cam'"), "what is asked for, as it is"
        page.select_option("#model", "gallery")
        assert not page.is_visible("#asked"), "a gallery is asked for nothing else"
        many = [{"name": f"{k}.jpg", "mimeType": "image/jpeg", "buffer": path.read_bytes()} for k in range(17)]
        page.set_input_files("#files", many)
        page.wait_for_selector("li.answer:nth-child(18)")
        assert (page.text_content("#said") or "").startswith("17 / 17"), "none is left out, however many"
        browser.close()
    assert bad == []


def test_what_was_let_in_is_answered_when_it_ends(place: Path) -> None:
    found = Served(str(place / "run"), "--runtime", RUNTIME)
    told, going = list[str](), True
    path = next((place / "new" / "disc").iterdir()).read_bytes()

    def ask() -> None:
        while going:
            try:
                answer = httpx.post(f"{found.base}/predict", content=path, headers={"content-type": "image/jpeg"},
                                    timeout=60)  # fmt: skip
                told.append(str(answer.status_code))
            except httpx.ConnectError:
                told.append("closed")
                return
            except httpx.HTTPError as error:
                told.append(type(error).__name__)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for one in threads:
        one.start()
    try:
        until(lambda: told.count("200") >= 12)
        code, _ = found.end()
    finally:
        going = False
        found.process.kill()
        for one in threads:
            one.join()
    assert code == 0
    assert set(told) <= {"200", "503", "closed"}


def test_the_command_says_what_is_wrong(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from linne.cli import main

    run = str(place / "run")
    for words, said in (
        ([str(place / "nothing")], "There is no run"),
        ([run, "--host", "0.0.0.0"], "--token"),
        ([run, run], "Two models are called 'run'"),
        ([run, "--refine"], "--refine"),
        ([str(place / "gallery"), "--coverage", "0.9"], "a gallery has no use"),
        ([run, "--deadline", "0"], "--deadline"),
        ([run, "--coverage", "0.9", "--max-error", "0.1"], "Give one of them"),
    ):
        assert main(["serve", *words, "--quiet", "--port", "0"]) == 2
        assert said in capsys.readouterr().err
