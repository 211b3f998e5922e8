"""Pseudo-labels: thresholds by brute force, heads by what they must equal, and nothing that leaks from a fold."""

from dataclasses import replace

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.predictions import Predictions
from linne.engine import pseudo as job
from linne.engine.pool import sentence
from linne.engine.pseudo import NOTHING, STRANGER, UNSURE, Lesson, crossed, joined, procedure, pseudo, refit, taught
from linne.engine.task import Task

WIDE = 8


def lesson(each: int = 12, pool: int = 300, spread: float = 0.9, seed: int = 0, level: float = 0.9) -> Lesson:
    """Three clouds with `each` labels, and pictures of the same clouds without."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(3, WIDE))
    labels, hidden = np.repeat(np.arange(3), each), draw.integers(0, 3, pool)
    features, more = (
        (centres[own] + spread * draw.normal(size=(len(own), WIDE))).astype(np.float32) for own in (labels, hidden)
    )
    images = Images.of([b""] * len(labels), [f"c{label}" for label in labels])
    return Lesson(features, images, more, level, seed=seed)


def known(sure: np.ndarray, right: np.ndarray, group: "np.ndarray | None" = None) -> Predictions:
    """Guesses of class 0, each this sure and right or not."""
    logits = np.column_stack([np.log(sure), np.log(1 - sure), np.full(len(sure), -50.0)])
    nobody = np.full(len(sure), "", object) if group is None else group
    rows = np.arange(len(sure))
    return Predictions(logits, np.where(right, 0, 1), rows, ("a", "b", "c"), rows.astype(str).astype(object), nobody)


@pytest.mark.parametrize("seed", range(6))
def test_a_threshold_is_the_lowest_that_reaches_the_level(seed: int) -> None:
    draw = np.random.default_rng(seed)
    sure = draw.integers(60, 99, 80) / 100  # with ties
    right = draw.random(80) < sure**0.3
    found = job.thresholds(known(sure, right), 0.9)
    fits = [t for t in np.unique(sure) if (right[sure >= t].sum() + 0.5) / ((sure >= t).sum() + 1) >= 0.9]
    if fits:
        assert found[0] == pytest.approx(min(fits))
    else:
        assert np.isnan(found[0])
    assert np.isnan(found[1:]).all()  # nobody is called b or c


@pytest.mark.parametrize(("n", "takes"), [(8, False), (9, True)])
def test_nine_without_a_mistake_are_enough_for_95_percent(n: int, takes: bool) -> None:
    found = job.thresholds(known(np.linspace(0.7, 0.9, n), np.ones(n, bool)), 0.95)
    assert np.isfinite(found[0]) == takes


def test_twins_count_once() -> None:
    sure, right = np.linspace(0.7, 0.9, 9), np.ones(9, bool)
    pairs = np.array(["1", "1", *[""] * 7], object)
    assert np.isnan(job.thresholds(known(sure, right, pairs), 0.95)[0])


def test_strangers_are_those_that_a_loop_finds() -> None:
    one = lesson()
    group = np.array(["x", "x", *[""] * 34], object)
    pool = np.concatenate([one.pool[:20], one.features.mean(0) - 40 * (one.features[:4] - one.features.mean(0)),
                           np.eye(WIDE, dtype=np.float32)[:4] * 30])  # fmt: skip
    own, asked = one.features - one.features.mean(0), pool - one.features.mean(0)

    def like(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    apart = [[j for j in range(36) if j != i and not (i < 2 and j < 2)] for i in range(36)]
    bound = np.quantile([max(like(own[i], own[j]) for j in apart[i]) for i in range(36)], 0.01)
    wanted = [max(like(each, other) for other in own) < bound for each in asked]
    found = job.strangers(one.features, group, pool)
    np.testing.assert_array_equal(found, wanted)
    assert found.any()
    assert not found.all()


@pytest.mark.parametrize("times", [1, 5])
def test_the_right_answers_said_again_change_nothing(times: int) -> None:
    """A pool of the labelled pictures themselves, or of one class five times over, leaves the head where it was."""
    one = lesson()
    rows = np.flatnonzero(one.images.labels == 0) if times > 1 else np.arange(36)
    again = np.tile(rows, times)
    one = replace(one, pool=one.features[again])
    head = one.plain()
    said = job.Pseudo(one.images.labels[again], np.ones(len(again)), np.full(len(again), "", object), np.zeros(3))
    weight, bias = refit(one, head, said)
    if times == 1:  # the same axes too
        np.testing.assert_allclose(weight, head.weight, atol=0.02)
        np.testing.assert_allclose(bias, head.bias, atol=0.05)
    shares = np.exp(one.features @ weight.T + bias)
    shares /= shares.sum(1, keepdims=True)
    np.testing.assert_allclose(shares.sum(0), 12, atol=0.3)  # a free bias keeps every class's mass: its labels' alone


def test_each_reason_and_the_thresholds_are_kept_to() -> None:
    one = lesson(spread=0.9, level=0.95)
    far = one.features.mean(0) - 40 * (one.features[:5] - one.features.mean(0))
    one = replace(one, pool=np.concatenate([one.pool, far.astype(np.float32)]))
    head = one.plain()
    said = pseudo(one, head)
    low = said.thresholds[said.guess]
    near = ~job.strangers(one.features, one.images.group, one.pool)
    np.testing.assert_array_equal(said.teaches, near & (said.confidence >= np.nan_to_num(low, nan=2)))
    np.testing.assert_array_equal(said.why == STRANGER, ~near)
    np.testing.assert_array_equal(said.why == NOTHING, near & np.isnan(low))
    np.testing.assert_array_equal(said.why == UNSURE, near & (said.confidence < low))
    assert said.teaches.any()


def test_who_judges_taught_nothing_that_judges_it() -> None:
    """A labelled picture that becomes another one moves no prediction of its own fold, and those of others."""
    one = lesson(each=20)
    fold = Task.of(one.features, one.images, one.folds, one.seed).fold
    row = int(np.flatnonzero(fold == 2)[0])
    features = one.features.copy()
    features[row] = -3 * features[row]
    two = replace(one, features=features)
    same = (fold == 2) & (np.arange(len(fold)) != row)
    for before, after in zip(crossed(one)[:2], crossed(two)[:2], strict=True):
        np.testing.assert_array_equal(before[same], after[same])
        assert (before[fold != 2] != after[fold != 2]).any()


def test_what_is_kept_is_what_gained() -> None:
    seen = set()
    for seed in range(8):
        one = lesson(each=10, spread=1.1, seed=seed, level=0.85)
        head = one.plain()
        found, said, told = taught(one, head)
        if told["gain"] is None:
            assert found is head
            continue
        with_pool, without, _ = crossed(one)
        gain = np.mean(with_pool.argmax(1) == one.images.labels) - np.mean(without.argmax(1) == one.images.labels)
        assert told["gain"]["value"] == pytest.approx(gain)
        assert told["kept"] == (gain > 0)
        seen.add(told["kept"])
        if told["kept"]:
            np.testing.assert_array_equal(found.oof.logits, with_pool)
            np.testing.assert_array_equal(found.weight, refit(one, head, said)[0])
            assert found.temperature == found.oof.temperature != head.temperature
        else:
            assert found is head
        assert sum(row["used"] for row in told["classes"]) == told["used"] == said.teaches.sum()
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.1, 0.2, "helps"), (-0.2, -0.1, "hurts"), (-0.1, 0.2, "cannot tell")]
)
def test_a_verdict_is_said_only_beyond_the_interval(low: float, high: float, said: str) -> None:
    assert job.verdict({"low": low, "high": high}) == said


def test_nothing_that_passes_leaves_the_plain_classifier() -> None:
    one = lesson(level=0.99)  # 49 without a mistake would be needed
    head = one.plain()
    found, said, told = taught(one, head)
    assert found is head
    assert not said.teaches.any()
    assert (told["used"], told["kept"], told["gain"]) == (0, False, None)


def test_judges_that_are_given_fit_the_temperature() -> None:
    one = lesson(each=30)
    judges = (one.pool[:60], np.arange(60) % 3)  # labels by chance: no answer is worth much
    head = one.plain()
    said = pseudo(one, head)
    own = joined(one, head, said, head.oof)
    other = joined(replace(one, judge=judges), head, said, head.oof)
    np.testing.assert_array_equal(own.weight, other.weight)
    assert other.temperature > 2 * own.temperature


def test_few_pictures_are_judged_by_a_procedure_that_did_not_see_them() -> None:
    """Labels dealt by chance: whatever is kept, no more is called rightly than chance would."""
    one = lesson(each=30, level=0.6)
    labels = np.random.default_rng(3).permutation(one.images.labels)
    found = procedure(replace(one, images=Images.of([b""] * 90, [f"c{label}" for label in labels])))
    assert found.rows.tolist() == list(range(90))
    assert found.right.mean() < 0.5
    assert procedure(one).right.mean() > 0.6


def test_folds_with_too_few_labels_for_any_threshold_say_so() -> None:
    """Nine of each class are enough for 95 %, the seven or eight that are left without a fold are not."""
    one = replace(lesson(each=9, spread=0.15), level=0.95)
    head = one.plain()
    found, _, told = taught(one, head)
    assert found is head
    assert told["used"] > 0
    assert told["each"] == [0] * 5
    assert not told["kept"]
    assert "too few labels are left" in sentence(told)


def test_propagated_labels_help_where_labels_are_few() -> None:
    """Three clouds in eight directions with three labels each; what head and pool make of the hidden ones."""
    gains = []
    for seed in range(4):
        part = replace(lesson(3, 300, 0.7, seed), way="propagated")
        head = part.plain()
        said = pseudo(part, head)
        draw = np.random.default_rng(seed)
        centres, hidden = draw.normal(size=(3, WIDE)), draw.integers(0, 3, 300)
        weight, bias = refit(part, head, said)
        gains.append([(scores.argmax(1) == hidden).mean() for scores in (part.pool @ weight.T + bias,
                                                                        head.logits(part.pool))])  # fmt: skip
        assert len(centres) == 3
    after, before = np.mean(gains, axis=0)
    assert after > before


def test_a_class_that_the_pool_lacks_is_not_made_of_a_few_mistakes() -> None:
    """However few propagated labels a class has, none weighs more than a labelled picture."""
    part = replace(lesson(12, 300), way="propagated")
    draw = np.random.default_rng(0)
    centres, hidden = draw.normal(size=(3, WIDE)), draw.integers(0, 3, 300)
    assert len(centres) == 3
    part = replace(part, pool=part.pool[hidden != 2], known={})
    said = pseudo(part, part.plain())
    assert said.weight is not None
    mass = np.bincount(said.guess, said.weight, 3)
    assert said.weight.max() <= 1
    assert mass[2] < 3 < mass[:2].min() <= mass[:2].max() <= job.FAVOUR * 12 + 1e-9
    weight, bias = refit(part, part.plain(), said)
    own = part.features[24:]
    assert ((own @ weight.T + bias).argmax(1) == 2).mean() > 0.7


def test_a_long_tail_is_filled_with_the_surest_of_each_rare_class() -> None:
    whole = lesson(12, 300, 0.5)
    rows = np.concatenate([np.arange(12), np.arange(12, 16), np.arange(24, 26)])
    part = replace(whole.take(rows), way="filled", known={})
    head = part.plain()
    said = pseudo(part, head)
    used = np.bincount(said.guess[said.teaches], minlength=3)
    assert used.tolist() == [0, 8, 10]
    for k in (1, 2):
        own = said.guess == k
        assert said.confidence[own & said.teaches].min() >= said.confidence[own & ~said.teaches].max()
    assert set(said.why[~said.teaches]) <= {job.ENOUGH, STRANGER}
    even = replace(whole, way="filled", known={})
    assert not pseudo(even, even.plain()).teaches.any()
    told = taught(even, even.plain())[2]
    assert "fewer labelled pictures" in sentence(told | {"pictures": 300})


def test_folds_share_the_pool_and_nothing_else() -> None:
    """What is found once for all folds is what each finds alone."""
    part = replace(lesson(8), way="propagated")
    fold = Task.of(part.features, part.images, part.folds, part.seed).fold
    found = crossed(part)[0]
    for k in range(part.folds):
        others = replace(part.take(np.flatnonzero(fold != k)), known={})
        head = others.plain()
        weight, bias = refit(others, head, pseudo(others, head))
        own = part.features[fold == k]
        np.testing.assert_allclose(found[fold == k], own @ weight.T + bias, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("way", ["propagated", "filled", "sure"])
def test_a_pool_of_strangers_teaches_nothing(way: str) -> None:
    part = replace(lesson(12, 300, 0.1), way=way)
    mean = part.features.mean(0)
    away = mean - 50 * (part.features[:1] - mean)  # one direction in which no labelled picture lies
    part = replace(part, pool=np.repeat(away, 300, 0), known={})
    head = part.plain()
    found, said, told = taught(part, head)
    assert found is head
    assert set(said.why) == {STRANGER}
    assert told["gain"] is None
    assert "so the classifier is the one without it" in sentence(told | {"pictures": 300})
