"""What a table may claim: nothing of placebos beyond its level, what is there, and what it could have seen."""

import numpy as np
import pytest
from scipy import stats

from linne.core.evidence import Evidence, Round, Table, weights

N = 1200


def trial(
    seed: int, gains: list[float], luck: float, rounds: int = 3, group: "np.ndarray | None" = None
) -> list[Evidence]:
    """A table of tricks with these true gains, where 8 % of pictures change sides, and fits have luck of their own."""
    draw = np.random.default_rng(seed)
    table = Table(np.full(N, "", dtype=object) if group is None else group, rounds)
    fold, names = draw.permutation(N) % 3, [str(k) for k in range(len(gains))]
    for number in range(rounds):
        rows, found, plain = np.flatnonzero(fold == number % 3), {}, draw.normal(0, luck)
        for name in table.open() if number else names:
            gap = gains[int(name)] + plain + draw.normal(0, luck)
            u = draw.random(len(rows))
            found[name] = Round(rows, np.where(u < (0.08 + gap) / 2, 1.0, np.where(u < 0.08, -1.0, 0.0)))
        table.add(found)
    return list(table.evidence().values())


@pytest.mark.parametrize("luck", [0.0, 0.006])
def test_placebos_are_called_something_no_more_often_than_said(luck: float) -> None:
    wrong = [any(one.verdict != "cannot tell" for one in trial(seed, [0.0] * 4, luck)) for seed in range(200)]
    assert stats.binom.sf(sum(wrong) - 1, 200, 0.05) > 0.01


def test_counting_every_fit_as_pictures_alone_would_claim_too_much() -> None:
    """What this table is for: with luck, the plain paired interval misses 0 far more often than said."""
    from linne.core.intervals import paired

    naive = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        gap = draw.normal(0, 0.02)
        u = draw.random(N)
        first, second = u < 0.5 + gap / 2, u < 0.5 - gap / 2
        found = paired(first, second)
        naive += found.low > 0 or found.high < 0
    assert naive > 20


@pytest.mark.parametrize(("gain", "verdict"), [(0.08, "helps"), (-0.08, "hurts")])
def test_what_is_there_is_said(gain: float, verdict: str) -> None:
    found = trial(0, [gain, 0.0, 0.0], 0.002)
    assert found[0].verdict == verdict
    assert found[0].low < found[0].value < found[0].high
    assert found[1].verdict == "cannot tell"


def test_a_gain_as_large_as_what_would_have_been_seen_is_seen_in_about_four_of_five() -> None:
    seen = float(np.median([trial(seed, [0.0] * 3, 0.003)[0].seen for seed in range(40)]))
    told = [trial(1000 + seed, [seen, 0.0, 0.0], 0.003)[0].verdict == "helps" for seed in range(120)]
    assert 0.65 < np.mean(told) < 0.97


def test_what_is_decided_early_leaves_and_stays_decided() -> None:
    draw, table = np.random.default_rng(0), Table(np.full(N, "", dtype=object), 6)
    for number in range(4):
        rows = np.arange(number * 300, number * 300 + 300)
        table.add({"good": Round(rows, (draw.random(300) < 0.3).astype(float)), "none": Round(rows, 0.0 * rows)})
    assert table.open() == ["none"]
    found = table.evidence()
    assert found["good"].verdict == "helps"
    assert found["good"].rounds == 4
    assert found["none"].verdict == "cannot tell"


def test_intervals_hold_where_a_trick_is_decided_early() -> None:
    """Who stops at a look that pleased has an interval for that: a fixed one would miss the truth too often."""
    found = [trial(seed, [0.025], 0.0, rounds=9)[0] for seed in range(200)]
    assert np.mean([one.rounds < 9 for one in found]) > 0.5
    missed = sum(not one.low <= 0.025 <= one.high for one in found)
    assert stats.binom.sf(missed - 1, 200, 0.05) > 0.01


def test_the_sequence_is_robbins_mixture() -> None:
    """exp(-early) is sqrt(1 + t) exp(-z^2 t / (2 (1 + t))) at the planned information, t = 8, computed by hand."""
    table = Table(np.full(N, "", dtype=object), 3)
    draw = np.random.default_rng(3)
    for number in range(3):
        rows = np.arange(number * 400, number * 400 + 400)
        table.add({"one": Round(rows, draw.choice([-1.0, 0.0, 1.0], 400, p=[0.01, 0.79, 0.2]))})
    value, variance, freedom = table._all(table.rounds)["one"]
    z = stats.norm.isf(stats.t.sf(abs(value) / variance**0.5, freedom))
    assert table.evidence()["one"].early == pytest.approx(3 * np.exp(-z * z * 8 / 18))


def test_copies_of_a_picture_are_one_group() -> None:
    lone = trial(5, [0.02] * 3, 0.0)[0]
    pairs = np.repeat(np.arange(N // 2).astype(str), 2).astype(object)
    draw, table = np.random.default_rng(5), Table(pairs, 3)
    fold = np.repeat(draw.permutation(N // 2) % 3, 2)
    for number in range(3):
        rows = np.flatnonzero(fold == number)
        gain = np.repeat(draw.choice([-1.0, 0.0, 1.0], len(rows) // 2, p=[0.03, 0.92, 0.05]), 2)
        table.add({"one": Round(rows, gain)})
    found = table.evidence()["one"]
    assert (found.high - found.low) > 1.2 * (lone.high - lone.low)


def test_rare_classes_count_more_in_balanced_accuracy() -> None:
    labels = np.array([0, 0, 0, 1])
    np.testing.assert_allclose(weights(labels, "balanced_accuracy", 2), [2 / 3, 2 / 3, 2 / 3, 2])
    right = np.array([True, True, False, True])
    assert (right * weights(labels, "balanced_accuracy", 2)).mean() == pytest.approx((2 / 3 + 1) / 2)
    np.testing.assert_array_equal(weights(labels, "accuracy", 2), 1)
