"""`linne train --method few`, `predict --refine`, `linne episodes`: the user's path, on pictures made here."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import linne
from linne.cli import main
from linne.core.errors import InputError, OptionError
from linne.verbs.episodes import episodes
from tests.conftest import write_folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/ with five of each to learn from, of one shape a single one, and test ones; new/ and strange/ ones."""
    root = tmp_path_factory.mktemp("few")
    write_folder(root / "photos" / "train", 5, shapes=("disc", "bars"))
    write_folder(root / "photos" / "train", 1, shapes=("cross",))
    write_folder(root / "photos" / "test", 8, start=100)
    write_folder(root / "new", 6, start=300)
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> linne.Run:
    words = ["train", str(place / "photos"), "--method", "few", "--out", str(place / "run"), "--quiet"]
    assert main(words) == 0
    return linne.Run(place / "run")


def test_the_run_says_what_was_compared(run: linne.Run) -> None:
    assert run.recipe.method == "few"
    assert run.figures["n"] == 24
    page = (run.path / "report.txt").read_text(encoding="utf-8")
    html = (run.path / "report.html").read_text(encoding="utf-8")
    log = (run.path / "log.jsonl").read_text(encoding="utf-8")
    for text in (log, html):
        assert "was chosen among 7 ways by what each said of 10 learning pictures" in text
        assert "1 classes are a single group of pictures and cannot be judged: cross" in text
    assert page.startswith("accuracy 100.0 % [86.2, 100.0] on 24 test pictures")


def test_predict_says_what_was_judged(run: linne.Run, place: Path) -> None:
    again, stored = linne.predict(run, place / "photos" / "test"), run.predictions("test")
    where = {Path(name).name: row for row, name in enumerate(stored.names)}
    order = [where[Path(name).name] for name in again.names]
    assert np.allclose(again.probabilities, stored.probabilities[order], atol=1e-6)
    assert linne.evaluate(run, place / "photos")["headline"]["value"] == run.figures["headline"]["value"]


def test_a_stopped_run_goes_on_to_the_same_bytes(run: linne.Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from linne.engine import folder

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    asked = {"out": place / "stopped", "method": "few"}
    with monkeypatch.context() as patched:
        patched.setattr(folder, "write_results", stop)
        with pytest.raises(KeyboardInterrupt):
            linne.train(place / "photos", **asked)
    linne.train(place / "photos", **asked)
    for name in ("model.safetensors", "predictions.parquet", "calibration.json", "figures.json"):
        assert (place / "stopped" / name).read_bytes() == (run.path / name).read_bytes(), name


def test_one_label_a_class_is_enough_where_others_judge(place: Path) -> None:
    write_folder(place / "single" / "train", 1)
    shutil.copytree(place / "photos" / "test", place / "single" / "test")
    with pytest.raises(InputError, match="--method few"):
        linne.train(place / "single", out=place / "plain")
    one = linne.train(place / "single", out=place / "one", method="few")
    assert "prototypes was taken unseen" in (one.path / "log.jsonl").read_text(encoding="utf-8")
    assert one.temperature == 1
    assert one.figures["headline"]["value"] > 0.4
    write_folder(place / "alone", 1)
    with pytest.raises(InputError, match="at least two a class"):
        linne.train(place / "alone", out=place / "none", method="few")


def test_copies_are_averaged(place: Path) -> None:
    one = linne.train(place / "photos", out=place / "copies", method="few", augment="flip(p=1)", copies=1, check="none")
    assert one.figures["n"] == 24


def test_refined_answers_say_what_changed(run: linne.Run, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, refined = (linne.predict(run, place / "new", refine=one) for one in (False, True))
    changed = int((plain.guesses != refined.guesses).sum())
    assert not np.allclose(plain.probabilities, refined.probabilities, atol=1e-3)
    assert main(["predict", str(run.path), str(place / "new"), "--refine", "--out", str(place / "new.csv")]) == 0
    said = capsys.readouterr().err
    assert f"these 18 pictures: {changed} changed their label" in said
    found = np.loadtxt(place / "new.csv", delimiter=",", skiprows=1, usecols=(3, 4, 5))
    assert np.allclose(found, refined.probabilities, atol=1e-6)
    told = linne.evaluate(run, place / "new", refine=True)
    assert any("refined by their neighbours" in note for note in told["notes"])


def test_refining_without_effect_is_an_error(run: linne.Run, place: Path) -> None:
    single = next((place / "new" / "disc").iterdir())
    with pytest.raises(OptionError, match="--refine has no effect on 1 picture"):
        linne.predict(run, single, refine=True)
    with pytest.raises(OptionError, match="--refine is for one run"):
        linne.predict(run, place / "new", refine=True, view="flip")


def test_episodes_of_any_classes_leave_out_what_was_learned(run: linne.Run, place: Path) -> None:
    told = episodes(run, place / "photos", ways=3, queries=5, count=50)
    assert told["notes"] == ["11 pictures were left out: the run learned from them or was calibrated on them"]
    assert told["queries"] == 5
    assert told["low"] <= told["value"] <= told["high"]
    (place / "strange").mkdir()
    for old, new in (("disc", "plate"), ("bars", "fence")):
        shutil.copytree(place / "new" / old, place / "strange" / new)
    foreign = episodes(run, place / "strange", ways=2, count=50)
    assert "2-way 1-shot accuracy" in foreign.text()
    assert foreign["queries"] == 5, "of six pictures a class one teaches"
    assert "the smallest class leaves 5 pictures to name, not 15" in foreign["notes"]
    with pytest.raises(InputError, match="3-way episodes need 3 classes, and there are 2"):
        episodes(run, place / "strange", ways=3)
    assert main(["episodes", str(run.path), str(place / "strange"), "--ways", "2", "--count", "40"]) == 0
