"""linne ablate on small pictures: what is compared and kept, what cannot be, and that no test picture is opened."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import linne
from linne.cli import main
from linne.core.errors import LinneError, OptionError, RunError
from linne.core.predictions import Predictions
from linne.core.recipe import Recipe
from linne.engine import ablate as engine
from linne.engine import loop
from linne.engine.origin import origin
from linne.engine.task import heat
from linne.engine.trials import Trials
from linne.engine.variants import together, variants, without
from tests.verbs.test_training_input import bars

TINY: dict[str, Any] = {"model": "air(widths=(8,16))", "size": 28}


@pytest.fixture(scope="module", autouse=True)
def alone() -> Any:
    """One thread: many small steps wait for one another on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    for part, each, start in (("train", 45, 0), ("validation", 15, 100), ("test", 5, 200)):
        bars(root / part, each, start)
    return root


@pytest.fixture(scope="module")
def weights(small: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    run = tmp_path_factory.mktemp("runs") / "a"
    linne.train(small, out=run, **TINY, weights="none", method="supervised", batch=32, lr=0.02, epochs=2, check="none")
    return str(run)


@pytest.fixture(scope="module")
def found(small: Path, weights: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "ROUNDS", (3, 3))
        said = Trials.said

        def spoilt(self: Trials, recipe: Recipe, number: int) -> Any:
            """What poly comes to is always wrong."""
            found = said(self, recipe, number)
            return replace(found, logits=-found.logits) if recipe.loss == "poly" else found

        patch.setattr(Trials, "said", spoilt)
        for path in (small / "test").rglob("*.png"):  # whoever opened one of these would name it, or stop
            path.write_bytes(b"no picture")
        return linne.ablate(
            small,
            tricks="mixup,poly,blur,lr=99",
            out=tmp_path_factory.mktemp("out") / "a",
            weights=weights,
            minutes=1e5,
            **TINY,
        )


def test_a_harmful_trick_is_called_so_and_no_test_picture_is_opened(found: Any) -> None:
    told = {line["name"]: line["found"] for line in found["added"]}
    assert set(told) == {"mixup", "poly", "blur"}
    assert told["poly"]["verdict"] == "hurts"
    assert told["mixup"]["verdict"] == "cannot tell"
    assert told["mixup"]["seen"] > 0
    assert found["facts"]["pictures"] == 90
    assert found["base"]["n"] == 90


def test_both_tables_a_page_and_a_recipe(found: Any) -> None:
    assert {line["name"] for line in found["spared"]} == {"mixup", "blur"}
    assert found["left_out"] == {"poly": "it hurts", "lr=99": "its loss was not finite"}
    said = found.text()
    assert "poly" in said
    assert "hurts" in said
    assert "would have seen" in said
    page = (found.path / "ablation.html").read_text()
    assert "有害" in page
    assert "http" not in page.replace("http-equiv", "")
    kept = tomllib.loads((found.path / "recipe.toml").read_text())
    assert found["kept"] == []
    assert kept == {**TINY, "weights": found["recipe"]["weights"]}  # the user's own: augment=plain was for blur alone
    assert f"--recipe {found.path / 'recipe.toml'}" in said
    why = origin(found.path / "recipe.toml", Recipe.load(found.path / "recipe.toml"))
    assert why is not None
    assert (why["kind"], why["command"], why["otherwise"]) == ("ablation", found["command"], {})


def test_every_trial_of_a_round_judges_the_same_pictures_that_it_had_not_learned(found: Any) -> None:
    costs = json.loads((found.path / "fits" / "costs.json").read_text())
    rows: dict[str, set[tuple[int, ...]]] = {}
    for key, (_, _, at) in costs.items():
        with np.load(found.path / "fits" / f"{int(at)}.npz") as file:
            rows.setdefault(key[-1], set()).add(tuple(file["rows"].tolist()))
    assert [len(rows[number]) for number in "012"] == [1, 1, 1]
    assert sorted(row for number in "012" for row in next(iter(rows[number]))) == list(range(90))


def test_goes_on_where_it_was_stopped(
    small: Path, weights: str, found: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after four trials, the rest is fitted and nothing twice; the tables are those of one go."""
    monkeypatch.setattr(engine, "ROUNDS", (3, 3))
    said, count = Trials.said, [0]

    def counted(self: Trials, recipe: Recipe, number: int) -> Any:
        count[0] += 1
        if count[0] == 5:
            raise KeyboardInterrupt
        kept = said(self, recipe, number)
        return replace(kept, logits=-kept.logits) if recipe.loss == "poly" else kept

    monkeypatch.setattr(Trials, "said", counted)
    asked: dict[str, Any] = {
        "tricks": "mixup,poly,blur,lr=99",
        "out": tmp_path / "a",
        "weights": weights,
        "minutes": 1e5,
        **TINY,
    }
    with pytest.raises(KeyboardInterrupt):
        linne.ablate(small, **asked)
    again = linne.ablate(small, **asked)
    assert count[0] - 2 == len(json.loads((found.path / "fits" / "costs.json").read_text()))
    assert [line["found"] for line in again["added"]] == [line["found"] for line in found["added"]]
    with pytest.raises(RunError, match="finished ablation"):
        linne.ablate(small, **asked)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tricks", "mixu"], "Did you mean 'mixup'"),
        (["--tricks", "mixup,mixup"], "asked for twice"),
        (["--tricks", "weighted"], "Say which: loss=weighted or sampler=weighted"),
        (["--tricks", "minutes=5"], "is not one that this compares"),
        (["--tricks", "mixup", "--mix", "mixup"], "in the recipe already"),
        (["--tricks", "mixup(alpha=-1)"], "alpha"),
        (["--tricks", "mixup", "--metric", "macro_f1"], "no mean over pictures"),
        (["--tricks", "mixup", "--folds", "3"], "no effect on an ablation"),
        (["--tricks", "mixup", "--method", "full"], "compared on the network's last part"),
        (["--tricks", "mixup", "--minutes", "0.02"], "Give more --minutes"),
        (["--tricks", "lr=find"], "range test has no place"),
        (["--tricks", "stop(patience=2)"], "put aside"),
        (["--tricks", "mixup", "--method", "tail(cut=stage.9)"], "to be cut after"),
    ],
)
def test_mistakes(
    flags: list[str], said: str, small: Path, weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["--model", TINY["model"], "--size", "28", "--weights", weights, "--out", str(tmp_path / "a"), "--quiet"]
    assert main(["ablate", str(small), *own, *flags]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not (tmp_path / "a").exists()


def test_other_metrics_have_their_own_figures(
    small: Path, weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ROUNDS", (3, 3))
    asked: dict[str, Any] = {"weights": weights, "minutes": 1e5, "metric": "log_loss", **TINY}
    classes: list[int] = []
    known = loop.classes_of
    monkeypatch.setattr(loop, "classes_of", lambda *given: classes.append(known(*given)) or classes[-1])
    found = linne.ablate(small, tricks="poly,batch=16", out=tmp_path / "a", **asked)
    assert set(classes) == {2}  # also where the first 16 pictures, which are tried, are all of one class
    fits, book = tmp_path / "a" / "fits", json.loads((tmp_path / "a" / "fits" / "costs.json").read_text())
    said: dict[str, Any] = {}
    for name in ("plain", "poly"):
        every = []
        for number in range(3):
            with np.load(fits / f"{int(book[f'{name} {number}'][2])}.npz") as file:
                labels = (file["rows"] >= 45).astype(int)  # folders a and b, 45 pictures each
                every.append(-cooled(file["logits"], labels))
        said[name] = np.concatenate(every)
    assert found["base"]["value"] == pytest.approx(-said["plain"].mean(), rel=1e-4)
    gain = {line["name"]: line["found"]["value"] for line in found["added"]}
    assert gain["poly"] == pytest.approx((said["poly"] - said["plain"]).mean(), rel=1e-3, abs=1e-6)
    assert "gain in log_loss" in found.text()


def cooled(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) the negative log likelihood at these predictions' own temperature."""
    n = len(labels)
    none = np.full(n, "", dtype=object)
    scaled = logits / heat(Predictions(logits, labels, np.arange(n), ("a", "b"), none, none))
    return np.logaddexp.reduce(scaled, 1) - scaled[np.arange(n), labels]


def test_tricks_that_exclude_each_other_are_compared_but_do_not_stand_together() -> None:
    base = Recipe(minutes=10)
    mixup, cutmix, focal, swa = variants("mixup,cutmix,focal,swa", base)
    recipe, kept, out = together(base, [cutmix, mixup, focal, swa])
    assert [one.name for one in kept] == ["cutmix", "focal", "swa"]
    assert out == {"mixup": "cutmix takes its place: a recipe has one mix"}
    assert (recipe.mix, recipe.loss, recipe.hook) == ("cutmix", "focal", "swa")
    assert without(base, kept, focal).loss == "auto"
    with pytest.raises(OptionError, match="contradict"):
        variants("balanced", Recipe(method="bbn"))


def test_chains_are_added_to() -> None:
    base = Recipe(minutes=10, augment="plain", hook="ema(decay=0.9)")
    rotate, stop = variants("rotate(10),stop(patience=2)", base)
    assert rotate.on(base).augment == "plain,rotate(10)"
    assert stop.on(base).hook == "ema(decay=0.9),stop(patience=2)"
    assert variants("batch=32", base)[0].on(base).batch == 32


def test_a_recipe_that_keeps_a_trick_can_be_trained(tmp_path: Path) -> None:
    base = Recipe(check="none", minutes=20)
    mixup = variants("mixup", base)[0]
    facts = {"pictures": 9, "rounds": 3}
    (tmp_path / "ablation.json").write_text("{}")
    found = engine.Ablation({}, [], [], [], {}, ["mixup"], mixup.on(base), facts)
    engine.finish(tmp_path, found, base, "linne ablate x")
    kept = Recipe.load(tmp_path / "recipe.toml")
    assert (kept.mix, kept.minutes, kept.check) == ("mixup", 10, "all")


def test_random_weights_have_no_last_part(small: Path, tmp_path: Path) -> None:
    with pytest.raises(LinneError, match="trained network's last part"):
        linne.ablate(small, tricks="mixup", out=tmp_path / "a", weights="none", minutes=1e5, **TINY)
