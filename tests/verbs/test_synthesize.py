"""linne synthesize: who learns and who judges, what is written, going on after a kill, and what cannot be."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.core.measure import content_hash
from linne.engine import appraise, drawing, synthesize
from linne.web.drawn import COPIES, page, sentences
from tests.verbs.test_training_input import bars

TINY = {"model": "air(widths=(8,8))", "weights": "none"}
SHORT = {"size": 16, "each": 6, "steps": 8, "generator": "fastgan(width=2,noise=4)", **TINY}
FLAGS = [word for name, value in SHORT.items() for word in (f"--{name}", str(value))]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 of each class, no split."""
    return bars(tmp_path_factory.mktemp("plain"), 100)


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts for learning, choosing and testing."""
    root = tmp_path_factory.mktemp("parted")
    for part, each, start in (("train", 30, 0), ("validation", 20, 100), ("test", 10, 200)):
        bars(root / part, each, start)
    return root


@pytest.fixture(scope="module")
def made(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return linne.synthesize(plain, out=tmp_path_factory.mktemp("out") / "synthetic", **SHORT)


def hashes(root: Path, pattern: str) -> set[str]:
    return {content_hash(path.read_bytes()).hex() for path in root.glob(pattern)}


def side(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_a_folder_a_class_sheets_a_page_and_a_manifest(made: Any) -> None:
    pictures = sorted(path.relative_to(made.path).as_posix() for path in made.path.glob("*/*.png"))
    assert pictures == [f"{name}/{k:05d}.png" for name in "ab" for k in range(1, 7)]
    assert {side(made.path / name) for name in pictures} == {(16, 16)}
    assert len({(made.path / name).read_bytes() for name in pictures}) == 12
    sheets = sorted(made.path.glob("sheet-*.png"))
    assert [one.name for one in sheets] == [f"sheet-{k:06d}.png" for k in range(1, 9)]
    assert side(sheets[-1]) == (16 * drawing.COLUMNS, 16 * 2)
    told = json.loads((made.path / "manifest.json").read_text())
    assert told["pictures"] == pictures
    assert told["folders"] == {"a": "a", "b": "b"}
    assert not (made.path / ".work").exists()
    shown = (made.path / "drawn.html").read_text()
    assert shown.count('src="data:image/png;base64,') == 2 * 12
    assert "没有人拍过的图片" in shown
    assert "<script" not in shown


def test_learning_pictures_teach_and_others_of_them_judge(made: Any, plain: Path) -> None:
    """The split is the one that a training deals; no test picture is in the manifest."""
    run = linne.train(plain, split="grouped", out=made.path.parent / "run", size=28, check="none", **TINY)
    tested = {content_hash((plain / name).read_bytes()).hex() for name in run.predictions("test").names}
    learned, aside = set(made["learned"]), set(made["aside"])
    assert (len(learned), len(aside), len(tested)) == (128, 32, 40)
    assert not learned & aside
    assert not (learned | aside) & tested


def test_training_takes_the_folder_by_the_command_that_is_said(made: Any) -> None:
    assert "--split grouped" in made.next
    words = shlex.split(made.next)[1:]
    assert main([*words, "--size", "28", "--check", "none", "--out", str(made.path.parent / "by-word"), "--quiet"]) == 0
    run = linne.core.run.Run(made.path.parent / "by-word")  # type: ignore[attr-defined]
    assert run.figures["extra"]["judges"] == 32
    assert run.figures["extra"]["gain"]["value"] == pytest.approx(made["figures"]["gain"]["value"], abs=0.2)


def test_validation_pictures_judge_where_there_are_some(parted: Path, tmp_path: Path) -> None:
    found = linne.synthesize(parted, out=tmp_path / "out", **SHORT)
    assert set(found["learned"]) == hashes(parted, "train/*/*.png")
    assert "looked at pictures: 100 in" in (found.path / "log.jsonl").read_text()  # of 120: no test picture
    assert set(found["aside"]) == hashes(parted, "validation/*/*.png")
    assert found["figures"]["gain"]["judges"] == 40
    assert "--split" not in found.next


def test_validation_pictures_without_a_test_part_are_the_test(parted: Path, tmp_path: Path) -> None:
    """A training judges by them, so that none of them is shown to the generator or to who judges it."""
    bars(tmp_path / "photos" / "train", 80)
    shutil.copytree(parted / "validation", tmp_path / "photos" / "validation")
    found = linne.synthesize(tmp_path / "photos", out=tmp_path / "out", **SHORT)
    assert set(found["learned"]) | set(found["aside"]) == hashes(tmp_path / "photos", "train/*/*.png")
    assert found["figures"]["gain"]["judges"] == 32


def test_figures_and_what_is_said_of_them(made: Any) -> None:
    figures = made["figures"]
    assert figures["asked"]["share"]["n"] == 12
    assert [one["class"] for one in figures["asked"]["classes"]] == ["a", "b"]
    assert figures["likeness"]["frechet"]["low"] < figures["likeness"]["frechet"]["high"]
    assert figures["copies"]["held"]["n"] == figures["gain"]["judges"] == 32
    said = made.text()
    for part in ("12 pictures of 2 classes at 16 px", "Do they help", "Gaussian a class", "Close to a learned picture"):
        assert part in said
    assert set(made.data()) >= {"out", "next", "figures"}
    assert "learned" not in made.data()


def test_copies_are_warned_of(made: Any) -> None:
    told = json.loads(json.dumps(dict(made)))
    assert COPIES not in sentences(told)
    told["figures"]["copies"]["copies"] = True
    assert sentences(told)[1] == COPIES


def test_killed_at_any_instant_the_same_command_goes_on(plain: Path, tmp_path: Path) -> None:
    """SIGKILL while it learns; then the same pictures come of it as of one that was left alone."""
    more = {**SHORT, "steps": 60}
    flags = [word for name, value in more.items() for word in (f"--{name}", str(value))]
    words = [sys.executable, "-m", "linne", "synthesize", str(plain), *flags, "--out", str(tmp_path / "killed")]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    sheet = tmp_path / "killed" / "sheet-000020.png"
    while not sheet.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "manifest.json").exists()
    assert main([*words[3:], "--quiet"]) == 0
    assert main([*words[3:-1], str(tmp_path / "whole"), "--quiet"]) == 0
    for path in (tmp_path / "whole").glob("*/*.png"):
        assert path.read_bytes() == (tmp_path / "killed" / path.parent.name / path.name).read_bytes()
    assert main([*words[3:], "--quiet"]) == 2  # finished


def test_going_on_needs_the_same_settings_and_pictures(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*given: Any, **more: Any) -> Any:
        raise KeyboardInterrupt

    photos = tmp_path / "photos"
    shutil.copytree(plain, photos)
    monkeypatch.setattr(synthesize, "appraise", stop)
    words = ["synthesize", str(photos), *FLAGS, "--out", str(tmp_path / "out"), "--quiet"]
    assert main(words) == 130
    assert main([*words, "--seed", "3"]) == 2
    assert main([word if word != "6" else "7" for word in words]) == 2
    said = capsys.readouterr().err
    assert "each=6 (now 7)" in said
    for path in sorted((photos / "a").iterdir())[:20]:
        Image.fromarray(np.full((28, 28), 99, np.uint8)).save(path)
    assert main(words) == 2
    assert "not those that" in capsys.readouterr().err


def test_minutes_become_steps_once(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    timed = {**SHORT, "steps": 0, "minutes": 0.02}
    found = linne.synthesize(plain, out=tmp_path / "out", log=linne.engine.log.Log(), **timed)  # type: ignore[attr-defined]
    said = capsys.readouterr().err
    assert "in 0.02 minutes" in said
    assert len(found["pictures"]) == 12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "100"], "100 px cannot be drawn.*nearest are 96 and 112"),
        (["--size", "300"], "size=300 is not allowed"),
        (["--size", "8"], "size=8 is not allowed"),
        (["--each", "0"], "each=0 is not allowed"),
        (["--minutes", "0"], "minutes=0 is not allowed"),
        (["--steps", "-1"], "steps=-1 is not allowed"),
        (["--generator", "fastgun"], "Did you mean 'fastgan'"),
        (["--generator", "fastgan(widht=3)"], "width"),
        (["--epochs", "3"], "epochs"),
    ],
)
def test_options_that_cannot_be(
    words: list[str], said: str, plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthesize", str(plain), "--out", str(tmp_path / "out"), *words, "--quiet"]) == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert re.search(said, shown), shown
    assert "Traceback" not in shown
    assert not (tmp_path / "out").exists()


def five(root: Path) -> None:
    bars(root, 3, classes="a")
    bars(root, 2, classes="b")


def lonely(root: Path) -> None:
    bars(root, 100)
    bars(root, 1, classes="c")


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (five, "at least 10 pictures of each class to learn from, better 100, and 'a' has 3, 'b' has 2"),
        (lonely, "'c' has 1"),
        (lambda root: bars(root, 30), "learning pictures leave .* to judge a generator by, and 30 at least are needed"),
        (lambda root: bars(root, 30, classes="a"), "at least two classes"),
    ],
)
def test_too_few_pictures(build: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build(tmp_path / "photos")
    assert main(["synthesize", str(tmp_path / "photos"), *FLAGS, "--out", str(tmp_path / "out"), "--quiet"]) == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert re.search(said, shown), shown
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    assert main(["synthesize", str(plain), *FLAGS, "--out", str(tmp_path / "out"), "--quiet"]) == 2
    assert "holds other files" in capsys.readouterr().err
    assert [one.name for one in (tmp_path / "out").iterdir() if one.name != ".lock"] == ["mine.txt"]
    assert main(["synthesize", str(plain), *FLAGS, "--out", str(plain / "out"), "--quiet"]) == 2
    assert "pictures' own folder" in capsys.readouterr().err


def test_names_that_no_file_system_takes() -> None:
    assert synthesize.named(("a/b", "A_B", "a:b", "..", "cat")) == ["a_b", "A_B-2", "a_b-3", "_", "cat"]


def test_a_gaussian_of_pixels_has_the_class_s_mean_and_covariance() -> None:
    draw = np.random.default_rng(0)
    mix = draw.normal(size=(4, 4)) * 9
    pixels = np.clip(128 + draw.normal(size=(300, 4)) @ mix, 0, 255).round().astype(np.uint8).reshape(300, 2, 2, 1)
    known = drawing.Canvas(pixels, np.repeat([0, 1], 150), np.zeros(0))
    made = appraise.gaussian(known, np.repeat([1, 0], 4000), np.random.default_rng(1)).reshape(8000, 4).astype(float)
    for label, own in ((1, made[:4000]), (0, made[4000:])):
        real = pixels[known.labels == label].reshape(-1, 4).astype(float)
        np.testing.assert_allclose(own.mean(0), real.mean(0), atol=2)
        np.testing.assert_allclose(np.cov(own.T), np.cov(real.T), atol=0.1 * np.cov(real.T).max())


def test_a_sheet_has_a_row_a_class() -> None:
    pixels = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    assert drawing.grid(pixels, 3)[..., 0].tolist() == [
        [0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2], [3, 3, 4, 4, 5, 5], [3, 3, 4, 4, 5, 5],
    ]  # fmt: skip


def test_the_page_in_a_language_that_is_not_there() -> None:
    with pytest.raises(linne.LinneError, match="lang"):
        page(type("Drawn", (), {"told": TOLD, "made": None, "near": None, "learned": None})(), "linne", "fr")


SHARE = {"value": 0.5, "low": 0.4, "high": 0.6}
TOLD = {
    "classes": [], "pictures": [], "learned": [], "aside": [], "size": 32, "generator": "fastgan", "figures": {
        "asked": {"share": SHARE, "real": SHARE, "classes": []},
        "likeness": {"network": "x", **dict.fromkeys(("frechet", "gaussian", "nearer", "precision", "recall"), SHARE)},
        "copies": {"copies": False, "drawn": SHARE, "held": SHARE, "more": SHARE, "p": 0.5, "exact": 0, "limit": 0.5},
        "gain": {"judges": 1, "sentence": "", "verdict": "helps"},
    },
}  # fmt: skip
