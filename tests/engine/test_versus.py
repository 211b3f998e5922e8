import json

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.intervals import holm, mcnemar, paired
from linne.core.power import Pairs
from linne.core.predictions import Predictions
from linne.engine.versus import against, chance, coverage, rounded

N = 600
LABELS = np.random.default_rng(1).integers(0, 3, N)
ORDER = np.arange(N)


def made(right, group=None) -> Predictions:
    logits = np.random.default_rng(0).normal(0, 1, (N, 3))
    logits[ORDER, np.where(right, LABELS, (LABELS + 1) % 3)] += 6
    group = np.full(N, "", dtype=object) if group is None else group
    return Predictions(logits, LABELS, ORDER, ("a", "b", "c"), ORDER.astype(str), group)


BASE = ORDER >= 100
BETTER = BASE | (ORDER < 40)
NEAR = BASE ^ (ORDER < 12) ^ (ORDER >= N - 10)


def test_better_with_its_interval():
    (pair,) = against([made(BASE), made(BETTER)], ("old", "new"))["pairs"]
    truth = paired(BETTER, BASE)
    assert pair["verdict"].startswith("new is better than old by 6.7 points of accuracy [")
    assert (pair["low"], pair["high"]) == (truth.low, truth.high)
    assert pair["p"] == mcnemar(BETTER, BASE) == pair["p_corrected"]
    assert pair["better"]
    assert pair["table"] == {"both": 500, "only_first": 0, "only_second": 40, "none": 60}
    json.dumps(pair, allow_nan=False)


def test_the_other_way_round_the_names_change_places():
    (pair,) = against([made(BETTER), made(BASE)], ("new", "old"))["pairs"]
    assert pair["verdict"].startswith("new is better than old by 6.7 points of accuracy [")
    assert not pair["better"]
    assert pair["told"]


def test_cannot_tell_says_what_it_would_take():
    (pair,) = against([made(BASE), made(NEAR)], ("a", "b"), effect=0.01)["pairs"]
    plan = Pairs.of(NEAR, BASE)
    more = rounded(plan.needed(0.01) - N)
    low, high = 100 * pair["low"], 100 * pair["high"]
    ahead = (
        f"cannot tell a and b apart: b is ahead by 0.3 points of accuracy [{low:.1f}, {high:.1f}]; these 600 pictures "
    )
    assert pair["verdict"].startswith(ahead)
    assert f"could have shown {100 * plan.smallest():.1f} points (80 % of the time)" in pair["verdict"]
    assert pair["verdict"].endswith(
        f"seeing 1 point would take very roughly (few pictures differ) {more:,} more test pictures"
    )


@pytest.mark.parametrize(("first", "second"), [(BASE, NEAR), (NEAR, BASE)])
def test_who_is_ahead_is_said_whoever_comes_first(first: np.ndarray, second: np.ndarray):
    names = ("worse", "near") if second is NEAR else ("near", "worse")
    (pair,) = against([made(first), made(second)], names)["pairs"]
    low, high = sorted(abs(100 * pair[end]) if (pair[end] > 0) == (pair["value"] > 0) else -abs(100 * pair[end])
                       for end in ("low", "high"))  # fmt: skip
    assert f"near is ahead by 0.3 points of accuracy [{low:.1f}, {high:.1f}]" in pair["verdict"]


def test_nobody_is_ahead_of_an_equal_and_a_loss_has_no_points():
    (pair,) = against([made(BASE), made(BASE)], ("a", "b"))["pairs"]
    assert pair["verdict"].startswith("cannot tell a and b apart: no difference, 0.0 points of accuracy [")
    (pair,) = against([made(BASE), made(NEAR)], ("a", "b"), metric="log_loss")["pairs"]
    assert "apart: b is ahead by 0.0" in pair["verdict"]
    assert " in log loss [" in pair["verdict"]
    assert "points" not in pair["verdict"]


def test_a_plan_on_many_differences_is_not_rough():
    (pair,) = against([made(BASE), made(BASE ^ (ORDER < 30) ^ (ORDER >= N - 25))], ("a", "b"))["pairs"]
    assert " would take about " in pair["verdict"]


def test_enough_pictures_for_a_large_effect():
    (pair,) = against([made(BASE), made(NEAR)], ("a", "b"), effect=0.2)["pairs"]
    assert pair["power"]["more"] == 0
    assert pair["verdict"].endswith("enough to see 20 points")


def test_the_plan_does_not_see_the_estimate():
    one_way, both_ways = BASE | (ORDER < 20), BASE ^ (ORDER < 10) ^ (ORDER >= N - 10)
    plans = [against([made(BASE), made(other)], ("a", "b"))["pairs"][0]["power"] for other in (one_way, both_ways)]
    assert plans[0] == plans[1]


def test_several_runs_are_corrected():
    slight = BASE | (ORDER < 6)
    alone = against([made(BASE), made(slight)], ("a", "b"))["pairs"][0]
    among = against([made(BASE), *(made(one) for one in (slight, NEAR, NEAR, NEAR))], ("a", "b", "c", "d", "e"))[
        "pairs"
    ]
    assert [pair["p_corrected"] for pair in among] == holm(np.array([pair["p"] for pair in among])).tolist()
    assert alone["told"]
    assert not among[0]["told"]
    assert "among 4 comparisons that is not enough" in among[0]["verdict"]


def test_classes_are_told_only_when_corrected():
    (pair,) = against([made(BASE), made(BASE | ((ORDER < 60) & (LABELS == 0)))], ("a", "b"))["pairs"]
    rows = {row["class"]: row for row in pair["classes"]}
    own = LABELS == 0
    assert rows["a"]["told"]
    assert rows["a"]["value"] == pytest.approx(((ORDER < 60) & own).sum() / own.sum())
    assert not rows["b"]["told"]
    assert rows["b"]["value"] == 0
    p = holm(np.array([row["p"] for row in pair["classes"]]))
    assert [row["p_corrected"] for row in pair["classes"]] == p.tolist()


def test_groups_take_mcnemar_away_and_widen():
    group = (ORDER // 60).astype(str).astype(object)
    (pair,) = against([made(BASE, group), made(BETTER, group)], ("a", "b"))["pairs"]
    assert not pair["told"]
    assert pair["p"] > 0.05
    assert pair["power"]["design"] > 5


def test_p_and_interval_agree_at_the_edge():
    assert chance({"low": 0.0, "high": 0.02}, None) == pytest.approx(0.05)
    assert chance({"low": 0.0, "high": 0.02}, 7) == pytest.approx(0.05)
    assert chance({"low": -0.01, "high": 0.01}, None) == 1
    assert chance({"low": None, "high": None}, None) == 1


@pytest.mark.parametrize("metric", ["macro_f1", "log_loss", "topk(2)"])
def test_other_metrics(metric):
    (pair,) = against([made(BASE), made(BETTER)], ("old", "new"), metric=metric)["pairs"]
    assert pair["verdict"].startswith("new is better than old by ") or metric == "topk(2)"
    assert pair["power"]["needed"] > 0


@pytest.mark.parametrize("effect", [0.0, 1.01, -0.1])
def test_impossible_effects(effect):
    with pytest.raises(OptionError, match="0 to 100 points"):
        against([made(BASE), made(BETTER)], ("a", "b"), effect=effect)


def test_coverage_is_accuracy_of_the_surest():
    said = made(BASE)
    points = coverage(said)
    assert points[-1] == {"coverage": 1.0, "accuracy": 500 / 600}
    surest = np.argsort(-said.probabilities.max(1), kind="stable")[:300]
    half = next(point for point in points if point["coverage"] == 0.5)
    assert half["accuracy"] == pytest.approx(said.right[surest].mean())


def test_rounded_upwards_to_two_digits():
    assert [rounded(n) for n in (0, 7, 90, 871, 870, 12_001)] == [0, 7, 90, 880, 870, 13_000]
