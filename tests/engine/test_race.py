"""The race: who may run, who is cheaper and better, what choosing is worth, and a whole one on small pictures."""

import itertools
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.load import load
from linne.core.predictions import Predictions
from linne.core.recipe import FITS, Recipe
from linne.engine import race as engine
from linne.engine.ground import CHOOSE, CONFIRM, Deadline, Ground
from linne.engine.learners import learning
from linne.engine.log import Log
from linne.engine.race import Runner, _crossed, _shared, field_of, front, p_of, race, reachable
from linne.engine.task import Aim
from tests.verbs.test_training_input import bars

N = 600


def test_reachable_are_those_whose_weights_are_here() -> None:
    found = reachable("efficientnet*,mobilenet*,resnet*")
    assert "tf_efficientnet_lite0" in found
    assert not any(name.startswith("resnet") for name in found)


@pytest.mark.parametrize(
    ("patterns", "said"),
    [("resnett*", "No network is called 'resnett"), ("resnet*", "none has its weights here. Bring some with")],
)
def test_none_reachable_says_what_would_bring_some(patterns: str, said: str) -> None:
    with pytest.raises(OptionError, match=said.replace("*", r"\*")):
        reachable(patterns)


def test_the_field_holds_every_side_and_fit_and_the_start_first() -> None:
    start = Recipe(size=192, resize="squash")
    found = field_of(start, ["tf_efficientnet_lite0", "tf_efficientnet_lite1"])
    assert found[0] == start
    runs = {(one.model, one.size, one.resize) for one in found}
    assert len(runs) == len(found) == 2 * 3 * len(FITS)
    sides = {one.size for one in found if one.model == "tf_efficientnet_lite0"}
    assert sides == {0, 192, 288}
    assert all(one.size % 32 == 0 for one in found)


def row(name: str, cost: float, value: float, greater: bool = True) -> dict[str, Any]:
    return {"name": name, "cost": cost, "figure": {"value": value, "greater": greater}}


def test_the_front_is_what_no_other_beats_in_both() -> None:
    rows = [row("a", 1, 0.7), row("b", 2, 0.6), row("c", 3, 0.8), row("d", 3, 0.75), row("e", 9, 0.8)]
    assert front(rows) == ["a", "c"]
    pairs = [(one["name"], one["cost"], one["figure"]["value"]) for one in rows]
    by_hand = [a for a, b, c in pairs if not any(e <= b and f >= c and d != a for d, e, f in pairs)]
    assert by_hand == ["a", "c"]
    assert front([row("a", 1, 0.7, False), row("b", 2, 0.6, False)]) == ["a", "b"], "where less is better"


def test_p_without_mcnemar_is_that_of_the_normal_interval() -> None:
    gain = {"p": None, "value": 0.02, "low": 0.02 - 1.959964 * 0.01, "high": 0.02 + 1.959964 * 0.01}
    assert p_of(gain) == pytest.approx(2 * stats.norm.sf(2), rel=1e-4)
    assert p_of(gain | {"p": 0.3}) == 0.3


def runner(right: np.ndarray) -> Runner:
    """One that is right about these pictures, of two classes."""
    labels = np.arange(len(right)) % 2
    logits = np.where((labels == 1) == right, 1.0, -1.0)[:, None] * np.array([[-1.0, 1.0]])
    nobody = np.full(len(right), "", dtype=object)
    out = Predictions(logits, labels, np.arange(len(right)), ("a", "b"), nobody, nobody)
    return Runner(Recipe(), n=len(right), out=out, worth=float(right.mean()))


def test_the_best_of_many_equal_ones_is_worth_nothing_where_it_was_not_chosen() -> None:
    """Twenty runners right by the same chance: the best looks better, its gain where another fold chose it does not."""
    gains, looks = [], []
    for seed in range(30):
        draws = np.random.default_rng(seed)
        left = [runner(draws.random(N) < 0.7) for _ in range(20)]
        fold = draws.integers(0, 2, N)
        ground: Any = SimpleNamespace(rows=lambda *folds, fold=fold: np.flatnonzero(np.isin(fold, folds)))
        mine, its = _crossed(ground, left, left[0], Aim.of("accuracy"))
        assert sorted(mine.rows) == sorted(its.rows) == list(range(N))
        gains.append(mine.right.mean() - its.right.mean())
        looks.append(max(one.worth for one in left) - left[0].worth)
    error = np.std(gains) / np.sqrt(len(gains))
    assert abs(np.mean(gains)) < 3 * error
    assert np.mean(looks) > 5 * error, "as it looks on the pictures that chose it"


def test_two_are_compared_on_the_pictures_that_both_ran_on() -> None:
    one, two = runner(np.ones(N, bool)), runner(np.zeros(N, bool))
    assert one.out is not None
    one.out = one.out.take(np.arange(N - 1, -1, -3))
    mine, its = _shared(one, two)
    assert np.array_equal(mine.rows, its.rows)
    assert np.array_equal(np.sort(mine.rows), np.sort(one.out.rows))
    assert (mine.right & ~its.right).all()


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    root = tmp_path_factory.mktemp("race")
    for part, each, start in (("train", 60, 0), ("test", 6, 200)):
        bars(root / "data" / part, each, start)
    start = Recipe(model="air(widths=(8,8))", weights="none", size=28, check="none", runtime="eager")
    log = Log(quiet=True)
    data = learning(load(root / "data"), start, log)
    return Ground(data, start, root, root, log, log, Deadline(5), 5)


def fields(ground: Ground) -> list[Recipe]:
    return [replace(ground.start, resize=fit, size=size) for size in (28, 32) for fit in ("crop", "squash")]


def test_a_whole_race(ground: Ground) -> None:
    found = race(ground, fields(ground), 1e9)
    names = [one["name"] for one in found["runners"]]
    assert len(set(names)) == 4
    assert found["winner"] in names
    assert all(one["n"] == found["n"] == len(ground.rows(*CHOOSE)) for one in found["runners"])
    assert all(one["cost"] > 0 and one["parameters"] > 100 for one in found["runners"])
    assert found["figure"]["n"] == found["confirm"] == len(ground.rows(CONFIRM))
    costs = {(one["settings"]["size"], one["cost"]) for one in found["runners"]}
    assert len(costs) == 2, "a fit costs the network nothing"


def test_the_winner_is_chosen_by_the_folds_that_choose_alone(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other labels of the pictures that confirm change what the winner is said to be worth, and nothing else."""
    before = race(ground, fields(ground), 1e9)
    labels = ground.data.images.labels.copy()
    labels[ground.rows(CONFIRM)] = 1 - labels[ground.rows(CONFIRM)]
    images = replace(ground.data.images, labels=labels)
    shared = ground.start, ground.place, ground.seat, ground.log, ground.quiet, ground.clock, 5
    other = Ground(replace(ground.data, images=images), *shared)
    other.fold = ground.fold
    after = race(other, fields(ground), 1e9)
    assert after["winner"] == before["winner"]
    assert [one["figure"] for one in after["runners"]] == [one["figure"] for one in before["runners"]]
    assert after["figure"]["value"] == pytest.approx(1 - before["figure"]["value"])


def test_where_time_is_short_the_field_is_cut(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LEAST", 8)
    monkeypatch.setattr(engine, "KEPT", 1)
    ticks = itertools.count()
    slow = SimpleNamespace(monotonic=lambda: float(next(ticks)), perf_counter=time.perf_counter)
    monkeypatch.setattr(engine, "time", slow)
    found = race(ground, fields(ground), 20.0)
    counts = sorted(one["n"] for one in found["runners"])
    assert counts[0] < counts[-1] == found["n"]
    assert found["runners"][0]["n"] == found["n"], "the start is never cut: the others are placed beside it"
    assert sum(one["final"] for one in found["runners"]) == 2
    small = next(one for one in found["runners"] if not one["final"])
    assert small["gain"] is None, "no test of those that were cut"


def test_where_there_is_no_time_two_are_raced_and_the_rest_is_said(ground: Ground) -> None:
    said: list[str] = []
    ground.log.say = lambda text, **data: said.append(text)  # type: ignore[method-assign]
    found = race(ground, fields(ground), 0.0)
    assert len(found["runners"]) == 2
    assert any("no time for 2 of 4" in line for line in said)
