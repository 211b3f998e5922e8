"""Folds: each picture is judged by a classifier that had not learned it, and everything of that is kept."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.core.errors import InputError, RunError
from linne.core.run import Run
from linne.engine import fleet, folds, own
from linne.engine.infer import model_of
from linne.engine.runs import about
from tests.verbs.test_training_input import bars

TINY = {"model": "air(widths=(8,8))", "weights": "none", "size": 28, "check": "none"}
FLAGS = [word for name, value in TINY.items() for word in (f"--{name}", str(value))]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bars(tmp_path_factory.mktemp("bars"), 24)


@pytest.fixture(scope="module")
def folded(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return linne.train(plain, folds=3, out=tmp_path_factory.mktemp("out") / "run", **TINY)


def test_every_picture_is_judged_once_by_who_had_not_learned_it(folded: Run) -> None:
    known = folded.predictions("train")
    assert known.rows.tolist() == list(range(48))
    seen: list[str] = []
    for k in range(3):
        one = Run(folded.path / f"fold-{k}")
        judged, learned = (set(one.predictions(part).names) for part in ("test", "train"))
        assert not judged & learned
        assert len(judged | learned) == 48
        seen += judged
        own = known.take([known.names.tolist().index(name) for name in one.predictions("test").names])
        np.testing.assert_array_equal(own.logits, one.predictions("test").logits)
    assert sorted(seen) == sorted(known.names)


def test_its_figures_are_out_of_fold_and_fold_by_fold(folded: Run) -> None:
    known, found = folded.predictions("train"), folded.figures
    assert found["headline"]["value"] == pytest.approx(known.right.mean())
    assert [row["n"] for row in found["folds"]] == [16, 16, 16]
    shares = [row["value"] for row in found["folds"]]
    assert np.mean(shares) == pytest.approx(known.right.mean())
    assert "fold 3" in folded.report()
    assert "Fold by fold" in (folded.path / "report.html").read_text()
    assert folded.reads == 0


def test_its_model_is_as_large_as_those_of_its_folds(folded: Run) -> None:
    each = [(folded.path / f"fold-{k}" / "model.safetensors").stat().st_size for k in range(3)]
    assert about(folded)["bytes"] == sum(each) > 0


def test_groups_stay_in_one_fold(tmp_path: Path) -> None:
    root = bars(tmp_path / "bars", 12)
    for path in sorted(root.rglob("*.png")):
        shutil.copy(path, path.with_name(f"again-{path.name}"))
    run = linne.train(root, folds=3, out=tmp_path / "run", **TINY)
    judge = {name: k for k in range(3) for name in Run(run.path / f"fold-{k}").predictions("test").names}
    copies = sorted(root.rglob("again-*"))
    assert len(copies) == 24
    for path in copies:
        name = str(path.relative_to(root))
        assert judge[name] == judge[name.replace("again-", "")]


def test_given_test_pictures_are_read_once_by_the_mean_of_all(tmp_path: Path) -> None:
    bars(tmp_path / "train", 16)
    bars(tmp_path / "test", 8, start=100)
    run = linne.train(tmp_path, folds=2, out=tmp_path.parent / f"{tmp_path.name}-out", **TINY)
    tested = run.predictions("test")
    assert sorted({name.split("/")[0] for name in tested.names}) == ["test"]
    assert len(run.predictions("train")) == 32
    assert run.reads == 1
    assert run.figures["n"] == 16
    each = [linne.predict(run.path / f"fold-{k}", tmp_path / "test").probabilities for k in range(2)]
    np.testing.assert_allclose(tested.probabilities, np.mean(each, 0), atol=1e-6)
    np.testing.assert_allclose(linne.predict(run, tmp_path / "test").probabilities, np.mean(each, 0), atol=1e-6)


def test_a_test_picture_with_a_twin_among_the_folds_is_left_out_of_the_headline(tmp_path: Path) -> None:
    bars(tmp_path / "train", 16)
    bars(tmp_path / "test", 8, start=100)
    shutil.copy(tmp_path / "train" / "a" / "3.png", tmp_path / "test" / "a" / "twin.png")
    run = linne.train(tmp_path, folds=2, out=tmp_path.parent / f"{tmp_path.name}-out", **TINY)
    assert len(run.predictions("test")) == 17
    assert run.figures["n"] == 16
    assert run.figures["leakage"]["pictures"] == 1


def test_settings_of_a_fit_do_not_stand_in_the_way_of_all_pictures(plain: Path, tmp_path: Path) -> None:
    """Of a method that is asked for, or of the time: the folds may have chosen the first classifier."""
    run = linne.train(plain, folds=2, fit_all=True, method="full", epochs=4.0, mix="mixup", out=tmp_path / "a", **TINY)
    assert run.figures["rung"] == "full"
    assert folds.chosen([run], run.recipe).mix == "mixup"
    short = replace(run.recipe, method="auto", minutes=0.01, epochs=0.0)
    first = Run(tmp_path / "a" / "fold-0")
    del first.figures["rung"]
    assert not folds.chosen([first], short).trains
    assert folds.chosen([first], short).mix == ""


@pytest.mark.parametrize("method", ["auto", "full"])
def test_one_of_all_pictures(method: str, plain: Path, tmp_path: Path) -> None:
    more = {"method": "full", "epochs": 4.0} if method == "full" else {}
    run = linne.train(plain, folds=2, fit_all=True, out=tmp_path / "run", **TINY, **more)
    split = run.images()["split"].to_pylist()
    assert set(split) == {"train"}
    assert len(run.predictions("train")) == 48
    assert run.figures["headline"]["value"] == pytest.approx(run.predictions("train").right.mean())
    said = linne.predict(run, plain)
    assert len(said) == 48
    assert run.temperature == pytest.approx(run.predictions("train").temperature)
    if method == "full":
        assert run.figures["rung"] == "full"


def test_folds_killed_half_way_go_on(folded: Run, plain: Path, tmp_path: Path) -> None:
    shutil.copytree(folded.path, tmp_path / "run")
    (tmp_path / "run" / "DONE.json").unlink()
    (tmp_path / "run" / "fold-2" / "DONE.json").unlink()
    before = {k: (tmp_path / "run" / f"fold-{k}" / "DONE.json").stat().st_mtime_ns for k in range(2)}
    again = linne.train(plain, folds=3, out=tmp_path / "run", **TINY)
    np.testing.assert_array_equal(again.predictions("train").logits, folded.predictions("train").logits)
    assert before == {k: (again.path / f"fold-{k}" / "DONE.json").stat().st_mtime_ns for k in range(2)}


def test_folds_side_by_side_are_the_same(
    folded: Run, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "abreast", lambda trains: [{"OMP_NUM_THREADS": "1"}] * 2)
    begun: list[list[str]] = []
    popen = fleet.subprocess.Popen
    monkeypatch.setattr(fleet.subprocess, "Popen", lambda words, **rest: begun.append(words) or popen(words, **rest))
    again = linne.train(plain, folds=3, out=tmp_path / "run", **TINY)
    assert len(begun) == 3
    np.testing.assert_allclose(again.predictions("train").logits, folded.predictions("train").logits, atol=1e-4)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--folds", "1"], "between 2 and 100"),
        (["--fit-all"], "Give folds=5 as well"),
        (["--folds", "40"], "Ask for at most"),
        (["--folds", "2", "--devices", "2"], "share the devices"),
    ],
)
def test_folds_that_cannot_be(flags: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = bars(tmp_path / "bars", 6)
    assert main(["train", str(root), *FLAGS, *flags, "--out", str(tmp_path / "run"), "--quiet"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_class_with_fewer_pictures_than_folds_is_named(tmp_path: Path) -> None:
    root = bars(bars(tmp_path / "bars", 12), 3, classes="c")
    run = linne.train(root, folds=4, out=tmp_path / "run", **TINY)
    found = [one for one in run.findings if one["kind"] == "class too small to split"]
    assert "c (3)" in found[0]["why"]
    assert (run.predictions("train").labels == 2).sum() == 3
    (root / "d").mkdir()
    Image.fromarray(np.full((28, 28), 9, np.uint8)).save(root / "d" / "0.png")
    with pytest.raises(InputError, match="'d' is a single group"):
        linne.train(root, folds=4, out=tmp_path / "other", **TINY)


def test_a_run_of_few_pictures_is_read_as_calibrated_as_it_was_judged(plain: Path, tmp_path: Path) -> None:
    """Without a test set each head divides by a temperature of its own; reading must not divide once more."""
    run = linne.train(plain, out=tmp_path / "run", **TINY)
    known = run.predictions("train")
    own = np.take_along_axis(known.probabilities, known.labels[:, None], 1)[:, 0]
    assert -np.log(own).mean() == pytest.approx(run.figures["figures"]["log_loss"]["value"], abs=1e-6)


def test_the_road_of_a_competition(
    folded: Run, plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Folds, their mean on pictures without labels, and the sample file filled."""
    asked = tmp_path / "test"
    asked.mkdir()
    for at, path in enumerate(sorted(plain.rglob("*.png"))[::6]):
        shutil.copy(path, asked / f"q{at}.png")
    (tmp_path / "sample.csv").write_text("id,b,a\n" + "".join(f"q{at},0.5,0.5\n" for at in reversed(range(8))))
    words = ["predict", str(folded.path), str(asked), "--view", "flip", "--submission", str(tmp_path / "sample.csv")]
    assert main([*words, "--out", str(tmp_path / "mine.csv"), "--quiet"]) == 0
    assert "8 rows, each id once" in capsys.readouterr().out
    lines = (tmp_path / "mine.csv").read_text().splitlines()
    assert lines[0] == "id,b,a"
    assert [line.split(",")[0] for line in lines[1:]] == [f"q{at}" for at in reversed(range(8))]
    np.testing.assert_allclose([sum(map(float, line.split(",")[1:])) for line in lines[1:]], 1, atol=1e-6)
    assert main([*words, "--quiet"]) == 2
    assert "Give --out" in capsys.readouterr().err


def test_the_folds_mean_is_a_teacher_and_no_single_network(folded: Run) -> None:
    import torch

    from linne.engine.teach import teacher

    found = teacher(str(folded.path), ("b", "a"), ((0.5,) * 3, (0.25,) * 3))
    assert len(found.nets) == 3
    assert found(torch.zeros(2, 3, 28, 28)).shape == (2, 2)
    with pytest.raises(RunError, match="mean of its folds"):
        model_of(folded)


def test_folds_are_one_beside_a_single_run_where_weights_are_fitted(tmp_path: Path) -> None:
    photos, new = bars(tmp_path / "photos", 40), bars(tmp_path / "new", 10, 300)
    one = linne.train(photos, out=tmp_path / "one", **TINY)
    five = linne.train(photos, folds=3, out=tmp_path / "five", **TINY)
    both = [one, *(Run(five.path / f"fold-{k}") for k in range(3))]
    assert [(run.path.name, places) for run, places in own.units(both)] == [("one", [0]), ("five", [1, 2, 3])]
    assert len(own.units(both[1:])) == 3, "folds alone are as they are"
    (mine, theirs), _ = own.shared([run for run, _ in own.units(both)], one.classes)
    assert len(mine) == 80
    np.testing.assert_array_equal(mine.labels, theirs.labels)
    found = linne.evaluate([one, five], new, fuse="greedy")
    weights = found.data()["ensemble"]["weights"]
    assert len(weights) == 4
    assert sum(weights) == pytest.approx(1)
    assert weights[1] == weights[2] == weights[3]
