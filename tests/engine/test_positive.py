"""Positives and a pool, the whole way: from folders to figures, predictions and bad input."""

import csv
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import linne
from linne.cli import main
from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine import positive, pu, whole
from linne.engine.budget import Clock
from linne.engine.first import Result
from tests.engine.test_first import LOG, data
from tests.engine.test_folds import TINY as SMALL

SPREAD = 0.6
TINY = {**SMALL, "inner_folds": 2}


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """A quarter of the steps, on one thread: these problems are easy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole, "STEPS", 50)
        yield
    torch.set_num_threads(threads)


def clouds(known: int, pool: int, *, test: int = 0, seed: int = 0, own: int = 1, spread: float = SPREAD) -> Any:
    """Data of `own` classes' positives, a pool of three clouds, and labelled test pictures; and the truth."""
    made = data(known * 3 + pool + test, seed=seed, spread=spread)
    true = made.images.labels.copy()
    labels, split = np.full(len(true), -1), np.full(len(true), "", dtype=object)
    mine = np.concatenate([np.flatnonzero(true == k)[:known] for k in range(own)])
    labels[mine] = true[mine]
    if test:
        split[:], split[-test:] = "train", "test"
        labels[-test:] = np.minimum(true[-test:], own)
    classes = (*made.images.classes[:own], "other")
    keep = (labels >= 0) | (np.arange(len(true)) >= known * 3)
    made.images = replace(made.images, labels=labels, split=split, classes=classes).take(np.flatnonzero(keep))
    made.facts, made.features = made.facts.take(np.flatnonzero(keep)), made.features[keep]
    made.why, made.twins = made.why[keep], made.twins[keep]
    return made, true[keep]


def learnt(made: Any, **settings: Any) -> Result:
    return positive.course(
        made, Recipe(check="none", **{"method": "nnpu", "pool": "more", "inner_folds": 2, **settings}), LOG
    )


@pytest.mark.parametrize("method", ["upu", "nnpu", "vpu", "dist_pu", "prior_matching"])
def test_every_way_learns_clouds_without_a_negative(method: str) -> None:
    made, _ = clouds(60, 300, test=150)
    found = learnt(made, method=method)
    assert found.figures["headline"]["value"] > 0.85
    assert found.figures["metric"] == "accuracy"
    assert not found.figures["positive"]["proxy"]
    assert found.figures["oof"]["spec"] == "proxy_accuracy"


def test_without_negatives_the_figures_are_proxies_near_the_truth() -> None:
    made, true = clouds(80, 500)
    found = learnt(made)
    head = found.figures["headline"]
    said = found.predictions["test"]
    free = said.labels < 0
    real = ((said.guesses == 0) == (true[said.rows] == 0))[free].mean()
    assert found.figures["metric"] == "proxy_accuracy"
    assert head["low"] <= real <= head["high"]
    assert "no negative is known" in found.how
    assert found.figures["positive"]["prior"][made.images.classes[0]]["low"] < 1 / 3
    assert found.head.oof.temperature == found.head.temperature


def test_probabilities_of_the_pool_come_to_the_prior() -> None:
    found = learnt(clouds(70, 300)[0], prior="0.4")
    oof = found.head.oof
    assert oof.probabilities[oof.labels < 0, 0].mean() == pytest.approx(0.4, abs=1e-4)
    assert found.figures["positive"]["given"]


def test_several_classes_against_the_rest() -> None:
    made, _ = clouds(60, 500, test=200, own=2)
    found = learnt(made)
    assert made.images.classes == (*made.images.classes[:2], "other")
    assert found.figures["headline"]["value"] > 0.9
    assert len(found.figures["positive"]["prior"]) == 2


def test_pu_compares_and_keeps_the_best_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positive, "candidates", lambda recipe: ("upu", "nnpu"))
    found = learnt(clouds(70, 300)[0], method="pu").figures["positive"]
    assert len(found["tried"]) == 4
    best = max(one["figure"] for one in found["tried"])
    assert next(one for one in found["tried"] if one["figure"] == best)["method"] == found["method"]


def test_too_few_to_choose_by_are_judged_out_of_fold() -> None:
    found = learnt(clouds(20, 200)[0])
    assert set(found.predictions) == {"train"}
    assert len(found.figures["positive"]["tried"]) == 1
    assert "out of fold" in found.how


def test_the_same_again_and_another_seed_another() -> None:
    one, two, other = (learnt(clouds(60, 300)[0], seed=seed).head.weight for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_positives_that_look_as_the_pool_carry_no_information() -> None:
    made, _ = clouds(60, 300)
    draws = np.random.default_rng(0)
    made.features = draws.normal(0, 1, made.features.shape).astype(np.float32)
    with pytest.raises(InputError, match=r"look like those of the pool.*0\.5 is chance"):
        learnt(made)


@pytest.mark.parametrize(("known", "pool", "what"), [(4, 100, "has 4 pictures to learn from"), (30, 10, "pool has 10")])
def test_too_few_to_estimate_from(known: int, pool: int, what: str) -> None:
    with pytest.raises(InputError, match=what):
        learnt(clouds(known, pool)[0])


def test_a_metric_that_needs_negatives() -> None:
    with pytest.raises(OptionError, match="macro_f1"):
        learnt(clouds(60, 300)[0], metric="macro_f1")


def bars(root: Path, tall: int, wide: int, start: int = 0) -> None:
    """Grey noise with a bright upright (tall) or lying (wide) bar."""
    root.mkdir(parents=True, exist_ok=True)
    for kind, count in (("tall", tall), ("wide", wide)):
        for k in range(count):
            draws = np.random.default_rng([start + k, kind == "tall"])
            pixels = draws.integers(0, 90, (28, 28, 3))
            at = slice(int(draws.integers(2, 20)), None)
            at = slice(at.start, at.start + 5)
            pixels[(slice(2, 26), at) if kind == "tall" else (at, slice(2, 26))] += 150
            Image.fromarray(pixels.astype(np.uint8)).save(root / f"{kind}{start + k}.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tall/: 70 positives, flat. more/: 40 of them and 80 others, and one of the positives again."""
    root = tmp_path_factory.mktemp("positive")
    bars(root / "tall", 70, 0)
    bars(root / "more", 40, 80, start=500)
    shutil.copy(root / "tall" / "tall3.png", root / "more" / "again.png")
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    return linne.train(place / "tall", pool=place / "more", method="nnpu", out=place / "run", **TINY)


def test_from_two_folders_to_a_run(run: Run, place: Path) -> None:
    assert run.classes == ("tall", "other")
    assert "No negative is known" in run.report()
    assert "figures are proxies" in (run.path / "report.html").read_text()
    rows = dict(zip(run.images()["name"].to_pylist(), run.images()["why"].to_pylist(), strict=True))
    assert rows["pool again.png"] == "twin of tall3.png"
    said = linne.predict(run, place / "tall")
    np.testing.assert_allclose(said.probabilities.sum(1), 1)


def test_predictions_as_a_table(run: Run, place: Path, tmp_path: Path) -> None:
    assert main(["predict", str(run.path), str(place / "more"), "--out", str(tmp_path / "said.csv"), "--quiet"]) == 0
    with open(tmp_path / "said.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 121


def test_the_command_makes_it_again(run: Run, place: Path) -> None:
    again = linne.train(place / "tall", recipe=run.path / "recipe.toml", out=place / "again")
    assert (again.path / "model.safetensors").read_bytes() == (run.path / "model.safetensors").read_bytes()


KILLED = """
import os, signal, sys
from linne.engine import keep, loop, whole
whole.STEPS = 50
plain = loop.Loop._after
def after(self, last):
    if self.step == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    plain(self, last)
    keep.save(self)
loop.Loop._after = after
from linne.cli import main
main(sys.argv[1:])
"""
"""Saves after every step, and is killed within the sixth."""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process")
def test_a_network_that_was_killed_while_it_learned_ends_with_the_same_bytes(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole network learns from positives and a pool; what was measured is pinned."""
    asked = {"pool": place / "more", "method": "nnpu", "ground": "pictures", "epochs": 6, "batch": 16,
             "runtime": "eager", **TINY}  # fmt: skip
    steps: list[int] = []
    plain = Clock.on_step
    monkeypatch.setattr(
        Clock, "on_step", lambda clock, loop, record: (steps.append(loop.step), plain(clock, loop, record))
    )
    whole = linne.train(place / "tall", out=tmp_path / "whole", **asked)
    last = max(steps)
    assert steps == list(range(1, last + 1))
    assert last > 8
    asked["plan"] = whole.path / "plan.json"
    flags = [word for name, value in asked.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    words = ["train", str(place / "tall"), *flags, "--out", str(tmp_path / "killed"), "--quiet"]
    killed = subprocess.run([sys.executable, "-c", KILLED, *words], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "killed" / "DONE.json").exists()
    steps.clear()
    again = linne.train(place / "tall", out=tmp_path / "killed", **asked)
    assert steps == list(range(6, last + 1))  # the fifth is what was saved
    for name in ("plan.json", "model.safetensors", "calibration.json", "figures.json", "predictions.parquet"):
        assert (again.path / name).read_bytes() == (whole.path / name).read_bytes(), name


def test_a_table_of_which_some_rows_have_no_label(place: Path, tmp_path: Path) -> None:
    """The same pictures: rows without a label are the pool."""
    rows = [f"{path},tall" for path in sorted((place / "tall").glob("*.png"))]
    rows += [f"{path}," for path in sorted((place / "more").glob("*.png")) if path.name != "again.png"]
    (tmp_path / "all.csv").write_text("image,label\n" + "\n".join(rows) + "\n")
    run = linne.train(tmp_path / "all.csv", method="nnpu", out=tmp_path / "run", **TINY)
    assert run.classes == ("tall", "other")
    assert run.figures["positive"]["proxy"]
    (tmp_path / "none.csv").write_text("image,label\n" + "\n".join(rows[:70]) + "\n")
    with pytest.raises(InputError, match=r"there is no pool.*--pool"):
        linne.train(tmp_path / "none.csv", method="nnpu", out=tmp_path / "none", **TINY)


def test_one_class_and_a_pool_is_meant_so(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positive, "candidates", lambda recipe: ("upu",))
    (tmp_path / "own").mkdir()
    shutil.copytree(place / "tall", tmp_path / "own" / "tall")
    run = linne.train(tmp_path / "own", pool=place / "more", out=tmp_path / "run", **TINY)
    assert run.figures["positive"]["method"] == "upu"
    with pytest.raises(InputError, match="--pool anything/ --method pu"):
        linne.train(tmp_path / "own", out=tmp_path / "alone", **TINY)


def test_labelled_test_pictures_give_figures_of_labels(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "tall", tmp_path / "own" / "train" / "tall")
    bars(tmp_path / "judges", 30, 30, start=900)
    for kind, name in (("tall", "tall"), ("wide", "anything else")):
        (tmp_path / "own" / "test" / name).mkdir(parents=True)
        for path in (tmp_path / "judges").glob(f"{kind}*"):
            shutil.copy(path, tmp_path / "own" / "test" / name)
    asked = {"pool": place / "more", "method": "upu", **TINY}
    run = linne.train(tmp_path / "own", out=tmp_path / "run", **asked)
    assert run.classes == ("tall", "other")
    assert (run.figures["metric"], run.figures["n"]) == ("accuracy", 60)
    more = tmp_path / "more"
    shutil.copytree(place / "more", more)
    shutil.copy(tmp_path / "judges" / "wide901.png", more / "odd.png")
    with pytest.raises(InputError, match=r"1 of 122 pictures of the pool.*odd.png.*Take them out"):
        linne.train(tmp_path / "own", out=tmp_path / "leak", **asked | {"pool": more})
    assert not (tmp_path / "leak").exists()


def test_all_labels_equal_and_what_has_weights() -> None:
    images = Images.of([b""] * 4, ["a"] * 4)
    with pytest.raises(InputError, match="there is no pool"):
        pu.joined(images, Recipe(method="nnpu"))
    with pytest.raises(OptionError, match="these have weights"):
        pu.joined(replace(images, weight=np.arange(4.0)), Recipe(method="nnpu"))
    with pytest.raises(InputError, match="none is known to be positive"):
        pu.joined(Images.of([b""] * 4), Recipe(method="nnpu"))


def test_a_pool_that_shows_no_positive_is_told_apart_perfectly() -> None:
    made, true = clouds(60, 300)
    keep = np.flatnonzero((made.images.labels >= 0) | (true != 0))
    made.features = made.features + 50 * (true == 0)[:, None].astype(np.float32)
    made.images, made.facts, made.features = made.images.take(keep), made.facts.take(keep), made.features[keep]
    made.why, made.twins = made.why[keep], made.twins[keep]
    found = learnt(made)
    assert found.figures["positive"]["prior"][made.images.classes[0]]["value"] < 0.05
