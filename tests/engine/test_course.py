"""From pictures to the winner on small pictures from random weights: what each setting of the loop does there."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from linne.core.errors import OptionError
from linne.core.run import Run
from linne.engine import data, rung
from linne.engine.log import Log
from linne.engine.rung import held
from linne.verbs.predict import predict
from linne.verbs.train import train
from tests.verbs.test_training_input import bars

TINY: dict[str, Any] = {
    "model": "air(widths=(8,16))", "weights": "none", "size": 28, "check": "none", "method": "supervised", "batch": 32,
    "lr": 0.02, "epochs": 12,
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    for part, each, start in (("train", 60, 0), ("validation", 20, 100), ("test", 20, 200)):
        bars(root / part, each, start)
    return root


@pytest.fixture(scope="module")
def run(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(small, out=tmp_path_factory.mktemp("runs") / "a", **TINY)


def told(small: Path, out: Path, **settings: Any) -> tuple[Run, list[str]]:
    said: list[str] = []
    log = Log(quiet=True)
    log.say = lambda text, **data: said.append(text)  # type: ignore[method-assign]
    return train(small, out=out, log=log, **{**TINY, **settings}), said


def test_learns_from_random_weights_and_predicts_the_same_again(run: Run, small: Path) -> None:
    assert run.figures["rung"] == "supervised"
    assert run.figures["headline"]["value"] > 0.9
    kept, found = run.predictions("test"), predict(run, small / "test")
    order, own = (np.argsort([name.rpartition("test/")[2] for name in one.names]) for one in (found, kept))
    assert np.allclose(found.probabilities[order], kept.probabilities[own], atol=1e-5)


def test_a_rate_is_found_and_drawn_once(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, said = told(small, tmp_path / "a", lr="find")
    curve = found.figures["rates"]["supervised"]
    plan = json.loads((tmp_path / "a" / "plan.json").read_text())
    assert plan["supervised rate"] == curve
    assert curve["rate"] in curve["rates"]
    assert any(line.startswith(f"supervised: rate {curve['rate']:.3g}, by a range test") for line in said)
    page = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert f"{curve['rate']:.3g} is suggested" in page
    monkeypatch.setattr(rung.Rung, "found_rate", None)  # the plan's is taken, not another test
    again, _ = told(small, tmp_path / "b", lr="find", plan=tmp_path / "a" / "plan.json")
    one, two = (load_file(each.path / "model.safetensors") for each in (found, again))
    assert all(np.array_equal(value, two[name]) for name, value in one.items())


def test_the_runtime_of_the_features_is_the_plan_s(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart asks no clock which runtime is faster: another one's features would begin other heads."""
    told(small, tmp_path / "a")
    plan = json.loads((tmp_path / "a" / "plan.json").read_text())
    assert plan["runtime of features"] not in ("", "auto")
    asked: list[str] = []
    own = data.examine

    def examine(images: Any, recipe: Any, log: Any, **rest: Any) -> Any:
        asked.append(recipe.runtime)
        return own(images, recipe, log, **rest)

    monkeypatch.setattr(data, "examine", examine)
    (tmp_path / "plan.json").write_text(json.dumps(plan | {"runtime of features": "eager"}))
    told(small, tmp_path / "b", plan=tmp_path / "plan.json")
    told(small, tmp_path / "c")
    assert asked == ["eager", "auto"]


def test_what_is_watched_is_put_aside(small: Path, tmp_path: Path) -> None:
    found, said = told(small, tmp_path / "a", hook="stop(patience=2,least=.5)", epochs=40)
    assert "12 of 120 learning pictures are watched after every epoch" in said
    assert 4 <= sum(line.startswith("epoch ") and "figure" in line for line in said) <= 8, "two fittings, stopped early"
    assert found.figures["rung"] == "supervised"


def test_a_plateau_lowers_the_rate(small: Path, tmp_path: Path) -> None:
    _, said = told(small, tmp_path / "a", schedule="plateau(patience=0,threshold=.9,factor=.5)", warmup=0.0, epochs=4)
    rates = [float(line.split("rate ")[1].split(",")[0]) for line in said if line.startswith("epoch ")]
    assert rates == pytest.approx(2 * [0.02, 0.02, 0.01, 0.005], rel=0.01), "the one that is kept, and its witness"


def test_curves_are_written_into_the_run(small: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    told(small, tmp_path / "a", hook="tensorboard(folder='%s')" % (tmp_path / "curves"), epochs=2)
    assert list((tmp_path / "curves").glob("events.*"))


def test_an_average_that_is_named_replaces_the_method_s_own(run: Run, small: Path, tmp_path: Path) -> None:
    none, _ = told(small, tmp_path / "a", hook="ema(decay=0)")
    one, two = (load_file(each.path / "model.safetensors") for each in (run, none))
    assert any(not np.array_equal(value, two[name]) for name, value in one.items())


@pytest.mark.parametrize("settings", [{"sampler": "balanced"}, {"clip": 0.01}, {"init": "orthogonal"}, {"seed": 3}])
def test_every_setting_has_an_effect(run: Run, small: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    other, _ = told(small, tmp_path / "a", **settings)
    one, two = (load_file(each.path / "model.safetensors") for each in (run, other))
    assert any(not np.array_equal(value, two[name]) for name, value in one.items())


def test_a_method_that_orders_its_own_pictures(small: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="method=crt and sampler=balanced contradict each other"):
        told(small, tmp_path / "a", method="crt", sampler="balanced")
    assert not (tmp_path / "a").exists()


def test_a_method_with_a_network_of_its_own_is_refused() -> None:
    net = torch.nn.Linear(3, 4)
    net.name = "small"  # type: ignore[assignment]
    method = SimpleNamespace(model=torch.nn.Sequential(net, torch.nn.Linear(4, 5)))
    with pytest.raises(OptionError, match="other trains 25 parameters that small does not have, and a run's folder"):
        held(net, method, "other")
    held(net, SimpleNamespace(model=net), "other")


@pytest.mark.parametrize("method", ["crt(share=.5)", "co_teaching(forget=.1)"])
def test_other_methods_go_all_the_way(small: Path, tmp_path: Path, method: str) -> None:
    found, _ = told(small, tmp_path / "a", method=method)
    kept, again = found.predictions("test"), predict(found, small / "test")
    order, own = (np.argsort([name.rpartition("test/")[2] for name in one.names]) for one in (again, kept))
    assert np.allclose(again.probabilities[order], kept.probabilities[own], atol=1e-5)


def test_the_ladder_from_random_weights_has_one_rung(small: Path, tmp_path: Path) -> None:
    found, said = told(small, tmp_path / "a", method="auto", minutes=2.0)
    assert [one["rung"] for one in found.figures["rungs"]] == ["supervised"]
    assert any("supervised is kept" in line or "the first classifier stays" in line for line in said)
