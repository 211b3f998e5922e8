"""statistics: the table against numpy, and differences against scipy's Mann-Whitney."""

import numpy as np
import pytest

from linne.core.images import Images
from linne.tricks.check._robust import area, centre, steps
from linne.tricks.check.statistics import statistics


def test_area_and_its_error_against_scipy_and_delong() -> None:
    from scipy.stats import mannwhitneyu

    draw = np.random.default_rng(0)
    scores, positive = draw.integers(0, 12, 300).astype(float), draw.random(300) < 0.3
    scores += positive * 3
    value, error = area(steps(scores), positive, np.arange(300))
    m, n = positive.sum(), (~positive).sum()
    assert value == pytest.approx(mannwhitneyu(scores[positive], scores[~positive]).statistic / (m * n))
    wins = np.sign(scores[positive][:, None] - scores[~positive]) / 2 + 0.5  # DeLong et al. 1988, written out
    plain = np.var(wins.mean(1)) / m + np.var(wins.mean(0)) / n
    assert error == pytest.approx(np.sqrt(plain))


def test_groups_widen_the_error() -> None:
    draw = np.random.default_rng(1)
    scores, positive = draw.normal(size=50), draw.random(50) < 0.5
    alone = area(steps(scores), positive, np.arange(50))
    twice = area(steps(np.tile(scores, 4)), np.tile(positive, 4), np.tile(np.arange(50), 4))
    assert twice == pytest.approx(alone)


def test_centre_is_the_normal_deviation() -> None:
    values = np.random.default_rng(2).normal(3, 2, 20_001)
    assert centre(np.append(values, [np.nan, 1e9])) == pytest.approx((3, 2), rel=0.03)


def test_table_holds_counts_and_medians(made) -> None:
    split = np.array(["train"] * 60 + ["test"] * 40, dtype=object)
    labels = ["a", "b"] * 50
    reason = np.full(100, b"", "S160")
    reason[99] = b"broken"
    images, facts = Images.of([b""] * 100, labels, split=split), made(100, reason=reason)
    table = {(row["of"], row["name"]): row for row in statistics(images, facts)[0].details["table"]}
    assert set(table) == {("split", "train"), ("split", "test"), ("class", "a"), ("class", "b")}
    test = table["split", "test"]
    assert (test["n"], test["unreadable"]) == (40, 1)
    assert test["brightness"] == pytest.approx(np.median(facts["brightness"][60:99]), rel=1e-3)


def test_no_difference_is_told_of_chance(made) -> None:
    for seed in range(20):
        labels = np.random.default_rng(seed).integers(0, 5, 200)
        assert [one.kind for one in statistics(Images.of([b""] * 200, labels), made(200, seed))] == ["statistics"]


def test_a_brighter_test_split_is_told(made) -> None:
    split = np.array(["train"] * 150 + ["test"] * 50, dtype=object)
    bright = np.random.default_rng(0).normal(0.5, 0.05, 200) + 0.08 * (split == "test")
    images, facts = Images.of([b""] * 200, ["a", "b"] * 100, split=split), made(200, brightness=bright)
    found = {one.kind: one for one in statistics(images, facts)}
    assert set(found) == {"statistics", "splits differ"}
    first = found["splits differ"].details["differences"]
    assert {(one["part"], one["measure"]) for one in first} == {("train", "brightness"), ("test", "brightness")}


def test_unlabelled_and_unreadable_alone_do_not_break_it(made) -> None:
    assert statistics(Images.of([b""] * 3), made(3, reason=b"broken")) == []
    assert [one.kind for one in statistics(Images.of([b""] * 3), made(3))] == ["statistics"]
