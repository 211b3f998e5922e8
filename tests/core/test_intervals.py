import json

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import InputError
from linne.core.intervals import Interval, clusters, holm, mcnemar, paired, quantile, resolution, score, wilson


def hits(right: int, n: int) -> np.ndarray:
    return np.arange(n) < right


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_newcombes_table(right, n, low, high):
    """Newcombe 1998, Statistics in Medicine 17, table I, method 3."""
    found = wilson(hits(right, n))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.value == right / n
    assert found.n == n


def test_wilson_equals_scipy():
    for right, n, level in ((12, 12, 0.9), (30, 40, 0.95), (970, 1000, 0.99)):
        truth = stats.binomtest(right, n).proportion_ci(level, method="wilson")
        found = wilson(hits(right, n), None, level)
        assert (found.low, found.high) == pytest.approx((truth.low, truth.high))


def test_the_share_is_never_outside_of_its_interval():
    """Nor by the last bit, where all are right or none is."""
    for n in range(1, 200):
        for right in (np.ones(n, bool), np.zeros(n, bool)):
            found = wilson(right)
            assert found.low <= found.value <= found.high


def test_groups_of_one_are_no_groups():
    right = hits(30, 40)
    named, blank = np.array([f"g{i}" for i in range(40)], dtype=object), np.full(40, "", dtype=object)
    assert wilson(right, named) == wilson(right, blank) == wilson(right, None)


def test_copies_within_groups_are_worth_little_more_than_one():
    """60 groups of 10 that are all right or all wrong: 600 pictures tell what 60 do."""
    right = hits(48, 60)
    copied, once = wilson(np.repeat(right, 10), np.repeat(np.arange(60).astype(str), 10)), wilson(right)
    assert copied.high - copied.low == pytest.approx(once.high - once.low, rel=0.1)
    assert copied.method == "wilson over groups"


def test_independent_pictures_in_groups_lose_little():
    right = np.random.default_rng(0).random(1000) < 0.8
    grouped, plain = wilson(right, np.arange(1000) % 100), wilson(right)
    assert 1 <= (grouped.high - grouped.low) / (plain.high - plain.low) < 1.2


def test_all_right_in_a_dozen_groups_is_not_certain():
    """The plug-in design effect of an all-right set is 1, which would give [99.2, 100] on these 360 pictures."""
    found = wilson(np.ones(360, bool), np.repeat(np.arange(12), 30))
    assert found.high == 1
    assert 0.75 < found.low < 0.98
    assert found.warning == "no mistakes"


def test_order_of_the_pictures_changes_nothing():
    draw = np.random.default_rng(1)
    right, group, order = draw.random(90) < 0.8, draw.integers(0, 15, 90).astype(str), draw.permutation(90)
    assert wilson(right, group) == wilson(right[order], group[order])


def test_wilson_covers_correlated_groups():
    """90 % of 400 sets of 20 groups of 10, accuracy 0.95, correlation 0.4; the plug-in covers 78 %."""
    draw = np.random.default_rng(0)
    held = []
    for _ in range(400):
        group = np.repeat(np.arange(20), 10)
        right = draw.random(200) < draw.beta(0.95 * 1.5, 0.05 * 1.5, 20)[group]
        found = wilson(right, group, 0.9)
        held.append(found.low <= 0.95 <= found.high)
    assert 0.86 <= np.mean(held) <= 0.96


@pytest.mark.parametrize(
    ("right", "group", "warning"),
    [
        (hits(20, 24), None, "only 24 pictures"),
        (hits(29, 30), None, "only 1 mistake"),
        (hits(98, 100), None, "only 2 mistakes"),
        (hits(2, 100), None, "only 2 hits"),
        (hits(90, 100), None, ""),
        (hits(50, 100), np.repeat(np.arange(5), 20), "only 5 groups"),
        (hits(90, 100), np.repeat(np.arange(10), 10), "all mistakes are in one group"),
        (hits(85, 100), np.repeat(np.arange(10), 10), ""),
    ],
)
def test_warnings(right, group, warning):
    assert wilson(right, group).warning == warning


def test_no_pictures():
    found = wilson(np.zeros(0, bool))
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.warning == "no pictures"
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["low"] is None
    assert found.text() == "- % [-, -]"


def test_text():
    found = Interval(0.93477, 0.9101, 0.95588, 372, "wilson")
    assert found.text() == "93.5 % [91.0, 95.6]"
    assert found.text(percent=False) == "0.935 [0.910, 0.956]"


def test_clusters():
    assert clusters(np.array(["b", "", "a", "b", ""], dtype=object), 5).tolist() == [0, 2, 1, 0, 3]
    assert clusters(np.array([7, 7, 3]), 3).tolist() == [0, 0, 1]
    assert clusters(None, 3).tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="3 pictures but 2 groups"):
        clusters(np.array(["a", "b"]), 3)


def test_quantile_equals_scipy():
    assert quantile(0.95) == pytest.approx(stats.norm.ppf(0.975))
    assert quantile(0.9, 11) == pytest.approx(stats.t.ppf(0.95, 11))


def test_resolution_is_half_the_interval():
    low, high = score(0.9, 372, quantile(0.95))
    assert resolution(372, 0.9) == pytest.approx((high - low) / 2)
    assert 0.030 < resolution(372, 0.9) < 0.031


def test_paired_by_hand():
    """Agresti & Min 2005: (c + 1/2 - b - 1/2) / (n + 2), variance from the counts with half a picture in each cell."""
    first, second = hits(90, 100), hits(84, 100)
    first[90:92], first[0] = True, False
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    gap, n = (b - c) / 102, 102
    half = stats.norm.ppf(0.975) * np.sqrt(((b + c + 1) / n - gap**2) / n)
    found = paired(first, second)
    assert (found.low, found.high) == pytest.approx((gap - half, gap + half))
    assert found.value == pytest.approx((b - c) / 100)


def test_paired_respects_groups_and_direction():
    draw = np.random.default_rng(0)
    group = np.repeat(np.arange(30), 10)
    first = draw.random(300) < 0.8
    second = np.where((draw.random(30) < 0.2)[group], False, first)
    grouped, plain = paired(first, second, group), paired(first, second)
    assert grouped.high - grouped.low > 1.8 * (plain.high - plain.low)
    back = paired(second, first, group)
    assert (back.low, back.high) == pytest.approx((-grouped.high, -grouped.low))


def test_mcnemar_is_fagerlands_example():
    """Fagerland, Lydersen & Laake 2013, table 1: 1 against 7 discordant pairs, exact 0.070, mid-p 0.039."""
    first, second = hits(1, 8), ~hits(1, 8)
    assert mcnemar(first, second, mid=False) == pytest.approx(0.0703, abs=5e-5)
    assert mcnemar(first, second) == pytest.approx(0.0391, abs=5e-5)
    assert mcnemar(first, first) == 1


def test_mcnemar_equals_the_binomial_test():
    for wins in range(12):
        first = hits(wins, 11)
        assert mcnemar(first, ~first, mid=False) == pytest.approx(stats.binomtest(wins, 11).pvalue)


def test_mid_p_of_an_even_split_is_below_one():
    first = hits(3, 6)
    assert mcnemar(first, ~first) == pytest.approx(1 - stats.binom.pmf(3, 6, 0.5) / 2)


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.6, 0.7])).tolist() == [1, 1]
    assert holm(np.array([])).tolist() == []


@pytest.mark.parametrize("alike", [True, False])
def test_paired_over_groups_by_hand(alike):
    """The ratio estimator's variance between 12 pairs, Student's t with 11; pairs that cancel out are worth no more."""
    from scipy import stats

    gap = np.repeat([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, -1], 2) if alike else np.tile([1, -1], 12)
    pair = np.repeat(np.arange(12), 2).astype(str)
    found = paired(gap > 0, gap < 0, pair)
    sums = np.array([gap[2 * k] + gap[2 * k + 1] for k in range(12)])
    between = 12 / 11 * ((sums - 2 * gap.mean()) ** 2).sum() / 24 / gap.var()
    assert bool(between > 2) is alike
    centre = gap.sum() / 26
    spread = ((gap**2).sum() + 1) / 26 - centre**2
    half = stats.t.ppf(0.975, 11) * np.sqrt(spread * max(1.0, between) / 26)
    assert (found.low, found.high) == pytest.approx((max(-1, centre - half), min(1, centre + half)))
