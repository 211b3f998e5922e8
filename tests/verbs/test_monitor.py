"""`linne monitor`: pictures that came since, like the run's and unlike them, and every mistake on the way."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.core.errors import InputError, RunError
from linne.core.run import Run
from linne.engine import reference
from linne.engine.infer import model_of
from linne.engine.log import Log
from linne.engine.monitor import matched
from tests.verbs.test_training_input import bars

TINY = {"model": "air(widths=(8,8))", "weights": "none", "size": 28, "check": "none"}
Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 150 of each class; same/ are 60 more, bright/ the same washed out, ones/ of one class alone."""
    root = tmp_path_factory.mktemp("monitor")
    for part, each, start in (("train", 100, 0), ("validation", 40, 200), ("test", 10, 300)):
        bars(root / "photos" / part, each, start)
    bars(root / "same", 30, 500)
    bars(root / "ones", 50, 700, "a")
    (root / "bright").mkdir()
    for path in (root / "same").rglob("*.png"):
        Image.open(path).point(lambda v: 110 + v // 2).save(root / "bright" / f"{path.parent.name}{path.name}")
    linne.train(root / "photos", out=root / "run", **TINY)
    return root


def test_pictures_of_the_same_kind_raise_no_alarm(place: Path) -> None:
    told = linne.monitor(place / "run", place / "same")
    found = told.found
    assert found["n"] == 60
    assert found["drift"]["p"] > 0.05
    assert found["exchangeable"]["holds"]
    assert found["exchangeable"]["calibrated_on"] == "80 validation pictures"
    assert not found["mix"]["shifted"]
    truth = linne.evaluate(place / "run", place / "same")["headline"]["value"]
    one = found["accuracy"]["ways"][found["accuracy"]["chosen"]]
    assert one["low"] - 0.1 <= truth <= one["high"] + 0.1
    assert told.gate == ""
    said = told.text()
    assert "No sign that the new pictures differ from the run's" in said
    assert "nothing speaks against exchanging them" in said
    json.dumps(told.data())


def test_washed_out_pictures_are_told(place: Path, tmp_path: Path, capsys: Said) -> None:
    page = tmp_path / "page.html"
    words = ["monitor", str(place / "run"), str(place / "bright"), "--fail-if", "drift", "--html", str(page), "--quiet"]
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert "The new pictures differ from the run's" in out
    assert "not guaranteed for them" in out
    assert "--fail-if drift" in err
    shown = page.read_text(encoding="utf-8")
    for part in ("The strangest pictures", "最陌生的图片", "How often each class comes", "监测", "linne monitor"):
        assert part in shown
    assert shown.count("data:image/jpeg;base64,") == 24
    assert main([*words[:3], "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["drift"]["drifted"]
    assert found["drift"]["auc"]["low"] > 0.7
    assert not found["exchangeable"]["holds"]
    assert len(found["strange"]["pictures"]) == 24
    ways = {name: one["value"] for name, one in found["accuracy"]["ways"].items()}
    assert ways[found["accuracy"]["chosen"]] == min(ways["confidence"], ways["atc"]), "the careful one is read"
    assert "The pictures changed, so it may be far too high" in out


def test_another_mix_of_the_same_classes_is_told_as_that(place: Path) -> None:
    told = linne.monitor(place / "run", place / "ones", fail_if="mix")
    found = told.found
    assert found["accuracy"]["chosen"] == "confidence"
    assert "The pictures changed" not in told.text(), "the classes did"
    rows = {row["class"]: row for row in found["mix"]["classes"]}
    assert rows["a"]["low"] > 0.6
    assert rows["a"]["told"]
    assert rows["a"]["before"] == pytest.approx(0.5)
    assert found["mix"]["shifted"]
    assert found["drift"]["drifted"]
    assert found["beyond"]["p"] > 0.02, "beside upright bars alone nothing is new"


def test_near_duplicates_count_as_one(place: Path, tmp_path: Path) -> None:
    bars(tmp_path / "few", 12, 800)
    for path in list((tmp_path / "few").rglob("*.png")):
        for k in range(3):
            shutil.copy(path, path.with_name(f"{path.stem}-{k}.png"))
    found = linne.monitor(place / "run", tmp_path / "few").found
    assert (found["n"], found["groups"]) == (96, 24)
    assert found["drift"]["groups"] == 24


def test_the_run_s_own_pictures_tell_nothing(place: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No picture of .* \(300 in all\) is new: 300 are .*run's own"):
        linne.monitor(place / "run", place / "photos")
    shutil.copytree(place / "same", tmp_path / "some")
    shutil.copytree(place / "photos" / "test" / "a", tmp_path / "some" / "old")
    (tmp_path / "some" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    told = linne.monitor(place / "run", tmp_path / "some")
    assert told.found["left"] == {"cannot be read": 1, "the run's own pictures": 10}
    assert told.found["n"] == 60
    assert "11 pictures were left out: 1 cannot be read, 10 the run's own pictures" in told.text()


def test_mistakes_say_what_to_do(place: Path, tmp_path: Path, capsys: Said) -> None:
    bars(tmp_path / "few", 4, 900)
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    cases = {
        ("few",): "8 new pictures are too few to tell anything: at least 20 are needed",
        ("empty",): "is empty: no picture in it",
        ("torn",): "is new: none can be read",
        ("few", "--fail-if", "drfit"): "Did you mean 'drift'?",
        ("few", "--lang", "zh"): "--lang zh has no effect without a page",
        ("few", "--group", "nobody"): "has no column 'nobody' to group by",
    }
    for (name, *more), why in cases.items():
        assert main(["monitor", str(place / "run"), str(tmp_path / name), *more, "--quiet"]) == 2
        said = capsys.readouterr().err
        assert why in said, said
        assert "Traceback" not in said
    with pytest.raises(RunError, match="There is no run"):
        linne.monitor(place / "nothing", place / "same")


def test_the_reference_is_kept_or_made_anew_alike(place: Path, tmp_path: Path) -> None:
    run = Run(place / "run")
    model = model_of(run)
    kept = reference.reference(run, model, Log(quiet=True))
    assert len(kept.rows) == 300
    shutil.copytree(run.path, tmp_path / "other")
    (tmp_path / "other" / reference.NAME).unlink()
    again = reference.reference(Run(tmp_path / "other"), model, Log(quiet=True))
    np.testing.assert_array_equal(kept.rows, again.rows)
    np.testing.assert_array_equal(kept.features, reference.rounded(again.features))
    assert kept.ran == again.ran
    (tmp_path / "other" / reference.NAME).write_bytes(b"damaged")
    with pytest.raises(RunError, match="is damaged"):
        reference.reference(Run(tmp_path / "other"), model, Log(quiet=True))


def test_without_reference_cache_or_pictures_it_says_so(place: Path, tmp_path: Path, monkeypatch) -> None:
    shutil.copytree(place / "run", tmp_path / "run")
    (tmp_path / "run" / reference.NAME).unlink()
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "cold"))
    (place / "photos").rename(place / "elsewhere")
    try:
        with pytest.raises(InputError, match="kept no reference, and of its pictures 0 are here"):
            linne.monitor(tmp_path / "run", place / "same")
        found = linne.monitor(place / "run", place / "same").found
        assert found["reference"]["n"] == 300, "what the run kept is enough"
    finally:
        (place / "elsewhere").rename(place / "photos")


def test_whole_groups_are_drawn_for_a_large_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "ROWS", 40)
    group = np.repeat(np.arange(30), 4).astype(str).astype(object)
    names = np.array([f"{k}.jpg" for k in range(120)], dtype=object)
    rows = reference.drawn(np.arange(120), group, names)
    assert len(rows) == 40
    assert len(set(group[rows])) == 10
    np.testing.assert_array_equal(rows, reference.drawn(np.arange(120), group, names))


def test_a_reference_with_the_new_mix() -> None:
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    rows = matched(labels, np.array([0.5, 0.5, 0.0]), 0)
    assert np.bincount(labels[rows], minlength=3).tolist() == [30, 30, 0]
    assert len(matched(labels, np.array([0.0, 0.0, 1.0]), 0)) == 10


def test_it_needs_no_torch(place: Path) -> None:
    code = (
        "import sys, linne\n"
        f"linne.monitor({str(place / 'run')!r}, {str(place / 'same')!r})\n"
        "print('torch' in sys.modules, 'sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
