"""A pool of pictures without labels: what is refused, what is left out and why, what a run keeps of it."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import linne
from linne.cli import main
from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine import fleet, folds
from linne.engine.data import Data, Pool
from linne.engine.either import first
from linne.engine.folder import write_results
from linne.engine.log import Log
from tests.engine.test_first import LOG, data, split
from tests.engine.test_folds import FLAGS, TINY, bars


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/: 16 of each class. more/: 30 of each, a twin of a labelled one, one twice, and one that is no picture."""
    root = tmp_path_factory.mktemp("pool")
    bars(root / "photos", 16)
    bars(root / "more", 30, start=500)
    shutil.copy(root / "photos" / "a" / "3.png", root / "more" / "a" / "same.png")
    shutil.copy(root / "more" / "b" / "501.png", root / "more" / "b" / "twice.png")
    (root / "more" / "b" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    return linne.train(place / "photos", pool=place / "more", pool_precision=0.9, out=place / "run", **TINY)


def table(path: Path) -> dict[str, dict[str, str]]:
    with open(path / "pool.csv", encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def said(path: Path) -> str:
    return "\n".join(json.loads(line)["say"] for line in (path / "log.jsonl").read_text().splitlines())


def test_every_picture_of_the_pool_is_in_its_table_with_its_reason(run: Run) -> None:
    rows, found = table(run.path), run.figures["pool"]
    assert len(rows) == found["pictures"] == 63
    assert rows["a/same.png"]["why"] == "twin of a/3.png"
    assert rows["b/twice.png"]["why"] == "twin of b/501.png of the pool"
    assert rows["b/torn.png"]["why"] == "PNG: the header is cut off (8 bytes)"
    assert rows["b/torn.png"]["label"] == rows["a/same.png"]["label"] == ""
    passed = [row for row in rows.values() if row["why"] in ("", "the pool did not pay")]
    assert len(passed) == found["used"] > 0
    lowest = {row["class"]: row["threshold"] for row in found["classes"]}
    assert all(float(row["confidence"]) >= lowest[row["label"]] - 1e-6 for row in passed)
    assert {row["learned"] for row in passed} == {"01"[found["kept"]]}
    assert found["left"]["twin of a labelled picture"] == found["left"]["twin of another of the pool"] == 1
    assert found["left"]["cannot be read"] == 1
    assert sum(found["left"].values()) + found["used"] == 63


def test_log_figures_and_report_say_whether_it_helped(run: Run) -> None:
    found = run.figures["pool"]
    assert found["verdict"] in ("helps", "hurts", "cannot tell")
    assert found["gain"]["low"] <= found["gain"]["value"] <= found["gain"]["high"]
    assert "torn.png" in said(run.path)
    assert found["sentence"] in said(run.path)
    assert found["sentence"] in run.report()
    page = (run.path / "report.html").read_text()
    assert found["sentence"] in page
    assert "Pseudo-labels of the pool" in page
    assert "未标注图片池的伪标签" in page


def test_recipe_and_command_make_it_again(run: Run, place: Path) -> None:
    first_line = (run.path / "recipe.toml").read_text().splitlines()[0]
    assert f"--pool {place / 'more'} --pool-precision 0.9" in first_line
    again = linne.train(place / "photos", recipe=run.path / "recipe.toml", out=place / "again")
    assert (again.path / "pool.csv").read_bytes() == (run.path / "pool.csv").read_bytes()
    assert (again.path / "model.safetensors").read_bytes() == (run.path / "model.safetensors").read_bytes()


def test_labels_of_the_pool_are_not_read(run: Run, place: Path, tmp_path: Path) -> None:
    """As folders of other classes, and as a table without any: the same pseudo-labels."""
    rows = table(run.path)
    names = sorted(name for name in rows if name != "b/torn.png")
    (tmp_path / "pool.csv").write_text("image\n" + "".join(f"{place / 'more' / name}\n" for name in names))
    other = linne.train(place / "photos", pool=tmp_path / "pool.csv", pool_precision=0.9, out=tmp_path / "run", **TINY)
    found = {Path(name).name: (row["hash"], row["label"]) for name, row in table(other.path).items()}
    assert found == {Path(name).name: (rows[name]["hash"], rows[name]["label"]) for name in names}


def test_a_pool_where_nothing_passes_is_the_plain_classifier(place: Path, tmp_path: Path) -> None:
    plain = linne.train(place / "photos", out=tmp_path / "plain", **TINY)
    run = linne.train(place / "photos", pool=place / "more", pool_precision=0.99, out=tmp_path / "run", **TINY)
    assert (run.path / "model.safetensors").read_bytes() == (plain.path / "model.safetensors").read_bytes()
    assert "the classifier is the one without it" in run.figures["pool"]["sentence"]
    assert {row["learned"] for row in table(run.path).values()} == {"0"}


def test_the_labelled_pictures_themselves_teach_nothing_again(place: Path, tmp_path: Path) -> None:
    """A folder of which some are labelled may be the pool as it is, also where the split is dealt here."""
    asked = {"split": "grouped(test=.25)", "out": tmp_path / "run", **TINY}
    run = linne.train(place / "photos", pool=place / "photos", **asked)
    rows = table(run.path)
    assert {name: row["why"] for name, row in rows.items()} == {name: f"twin of {name}" for name in rows}
    assert run.figures["pool"]["left"] == {"twin of a labelled picture": 32}


def test_a_class_that_the_pool_does_not_show(place: Path, tmp_path: Path) -> None:
    bars(tmp_path / "more", 30, classes="a", start=500)
    run = linne.train(place / "photos", pool=tmp_path / "more", pool_precision=0.9, out=tmp_path / "run", **TINY)
    used = {row["class"]: row["used"] for row in run.figures["pool"]["classes"]}
    assert used["a"] > 5 * used["b"]
    assert run.figures["headline"]["value"] > 0.7


@pytest.mark.parametrize("part", ["test", "validation"])
def test_a_pool_of_pictures_that_judge_is_refused(
    part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "photos"
    bars(root / "train", 12)
    bars(root / part, 6, start=100)
    if part == "validation":
        bars(root / "test", 6, start=200)
    bars(tmp_path / "more", 5, start=300)
    shutil.copy(root / part / "a" / "101.png", tmp_path / "more" / "a" / "odd.png")
    words = ["train", str(root), "--pool", str(tmp_path / "more"), *FLAGS, "--out", str(tmp_path / "run"), "--quiet"]
    assert main(words) == 2
    shown = capsys.readouterr().err
    assert "1 of 11 pictures of the pool" in shown
    assert f"a/odd.png ({part}/a/101.png)" in shown
    assert "Take them out of the pool" in shown
    assert not (tmp_path / "run").exists()
    (tmp_path / "more" / "a" / "odd.png").unlink()
    assert main(words) == 0


def test_unlabelled_test_pictures_of_a_competition_may_be_the_pool(place: Path, tmp_path: Path) -> None:
    """They are no pictures of the run, and a flat folder holds no labels."""
    (tmp_path / "test").mkdir()
    for path in sorted((place / "more").glob("*/5*.png")):
        shutil.copy(path, tmp_path / "test" / f"{path.parent.name}{path.name}")
    run = linne.train(place / "photos", pool=tmp_path / "test", pool_precision=0.9, out=tmp_path / "run", **TINY)
    assert run.figures["pool"]["used"] > 0


def test_a_pool_that_cannot_be(place: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "bare.csv").write_text("image,label\n")
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "0.png").write_bytes(b"\x89PNG")
    for pool, what in ((tmp_path / "none", "The pool: .* is empty"), (torn, "None of the 1 pictures of the pool"),
                       (tmp_path / "gone", "The pool: .* is not there"),
                       (tmp_path / "bare.csv", "There are no pictures in the pool|The pool: ")):  # fmt: skip
        with pytest.raises(InputError, match=what):
            linne.train(place / "photos", pool=pool, out=tmp_path / "run", **TINY)
        assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"minutes": 5.0}, "minutes=5.0 cannot be combined with pool"),
        ({"method": "full"}, "method='full' cannot be combined"),
        ({"classic": "svm"}, "classic='svm' cannot be combined"),
        ({"augment": "flip"}, "augment='flip' cannot be combined"),
        ({"pool_precision": 1.0}, "between 0.5 and 0.99"),
    ],
)
def test_what_a_pool_is_not_combined_with(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(OptionError, match=what):
        Recipe(pool="more", **settings)


def far_from(features: np.ndarray) -> np.ndarray:
    """(d,) of many directions the one in which the least lies."""
    tried = np.random.default_rng(0).normal(size=(2000, features.shape[1]))
    tried /= np.linalg.norm(tried, axis=1, keepdims=True)
    own = features - features.mean(0)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    return 100 * tried[(tried @ own.T).max(1).argmin()]


def test_a_pool_that_is_mostly_of_something_else_is_warned_of() -> None:
    recipe, lines = Recipe(check="none", pool="more"), []
    log = Log(quiet=True)
    log.say = lambda text, **more: lines.append(text)  # type: ignore[method-assign]
    for far in (False, True):
        one = clouds(400, 300, split=split(400, 60))
        if far and one.pool is not None:
            one.pool.features = one.pool.features.copy()
            one.pool.features[::2] = one.features.mean(0) + far_from(one.features)
        first(one, recipe, log)
        assert any("taken otherwise" in line for line in lines) == far


def test_settings_without_effect() -> None:
    with pytest.raises(OptionError, match="no effect without pool"):
        Recipe(pool_precision=0.9)
    with pytest.raises(OptionError, match="no effect on a search"):
        linne.search("photos", pool="more")


def clouds(n: int, more: int, *, seed: int = 0, **images: Any) -> Data:
    """The clouds of `data` with a pool of the same clouds."""
    both = data(n + more, seed=seed, spread=1.0)
    own = data(n, seed=seed, spread=1.0, **images)
    own.features = both.features[:n]
    pictures = Images.of([b""] * more, names=[f"p{k}" for k in range(more)], classes=own.images.classes)
    own.pool = Pool(pictures, both.features[n:], both.facts["hash"][n:], np.full(more, "", object))
    return own


def test_test_labels_decide_nothing_of_the_pool(tmp_path: Path) -> None:
    recipe = Recipe(check="none", pool="more", pool_precision=0.9)
    one, two = (clouds(600, 300, split=split(600, 120)) for _ in "ab")
    two.images.labels[120:] = (two.images.labels[120:] + 1) % 3
    first_, second = first(one, recipe, LOG), first(two, recipe, LOG)
    np.testing.assert_array_equal(first_.head.weight, second.head.weight)
    assert first_.figures["pool"] == second.figures["pool"]
    assert first_.figures["headline"]["value"] > 0.7 > second.figures["headline"]["value"]
    write_results(tmp_path, first_)
    assert len(table(tmp_path)) == 300


def test_a_kept_pool_moves_the_head_and_a_refused_one_does_not() -> None:
    recipe, seen = Recipe(check="none", pool="more", pool_precision=0.9), set()
    for seed in range(8):
        found = first(clouds(400, 300, seed=seed, split=split(400, 60)), recipe, LOG)
        plain = clouds(400, 300, seed=seed, split=split(400, 60))
        plain.pool = None
        head = first(plain, Recipe(check="none"), LOG).head
        kept = found.figures["pool"]["kept"]
        assert kept == (not np.array_equal(found.head.weight, head.weight))
        seen.add(kept)
    assert seen == {True, False}


@pytest.fixture(scope="module")
def folded(place: Path) -> Run:
    return linne.train(place / "photos", pool=place / "more", pool_precision=0.8, folds=3, out=place / "folded", **TINY)


def test_each_fold_has_pseudo_labels_of_its_own(folded: Run, place: Path) -> None:
    found = folded.figures["pool"]
    each = [Run(folded.path / f"fold-{k}") for k in range(3)]
    assert found["votes"] == sum(run.figures["pool"]["kept"] for run in each)
    assert found["sentence"] in folded.report()
    surenesses = [{n: r["confidence"] for n, r in table(run.path).items()} for run in each]
    assert surenesses[0] != surenesses[1] != surenesses[2]
    for run in each:
        assert table(run.path)["a/same.png"]["why"] == "twin of a/3.png"  # also where that picture judges
    plain = linne.train(place / "photos", folds=3, out=place / "without", **TINY)
    with_pool, without = folded.predictions("train"), plain.predictions("train")
    gain = float(np.mean(with_pool.right)) - float(np.mean(without.right))
    assert found["gain"]["value"] == pytest.approx(gain)
    for k, run in enumerate(each):
        same = np.array_equal(run.predictions("test").logits, Run(plain.path / f"fold-{k}").predictions("test").logits)
        assert same != run.figures["pool"]["kept"]


def test_a_fold_in_a_process_of_its_own_is_the_same(
    folded: Run, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(fleet.FOLD, "1")
    run = linne.train(place / "photos", pool=place / "more", pool_precision=0.8, folds=3, out=tmp_path / "run", **TINY)
    assert run.path.name == "fold-1"
    assert (run.path / "pool.csv").read_bytes() == (folded.path / "fold-1" / "pool.csv").read_bytes()


@pytest.mark.parametrize("votes", [1, 2])
def test_one_of_all_pictures_follows_most_of_the_folds(
    votes: int, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = folds.voted

    def told(pool: Pool, runs: Any, *rest: Any) -> str:
        out = whole(pool, runs, *rest)
        pool.figures["kept"] = votes > 1
        return out

    monkeypatch.setattr(folds, "voted", told)
    asked = {"pool": place / "more", "pool_precision": 0.8, "folds": 3, "fit_all": True}
    run = linne.train(place / "photos", out=tmp_path / "run", **asked, **TINY)
    plain = linne.train(place / "photos", out=tmp_path / "plain", folds=3, fit_all=True, **TINY)
    weights = [(one.path / "model.safetensors").read_bytes() for one in (run, plain)]
    assert (weights[0] == weights[1]) == (votes == 1)
    if votes > 1:
        learned = [row["learned"] for row in table(run.path).values()]
        assert learned.count("1") == run.figures["pool"]["used"] > 0


def test_no_picture_for_the_pool_is_in_memory_alone(place: Path) -> None:
    with pytest.raises(OptionError, match="expected str"):
        linne.train(place / "photos", pool=[np.zeros((28, 28), np.uint8)], **TINY)


def test_pictures_of_the_pool_need_not_be_alike_in_size(place: Path, tmp_path: Path) -> None:
    bars(tmp_path / "more", 5, start=900)
    Image.fromarray(np.full((90, 40, 3), 200, np.uint8)).save(tmp_path / "more" / "a" / "odd.png")
    run = linne.train(place / "photos", pool=tmp_path / "more", out=tmp_path / "run", **TINY)
    assert len(table(run.path)) == 11
