"""Thresholds over groups against the definition, coverage against the Beta law, binomial bounds against tables."""

import numpy as np
import pytest

from linne.core.conformal import between, chance, draws, least, needed, one_each, quantile, spread, upper
from linne.core.rng import rng


def names(codes: np.ndarray) -> np.ndarray:
    return np.array([f"g{code}" for code in codes], dtype=object)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("n", [19, 20, 99, 100])
def test_groups_of_one_are_split_conformal(share: float, n: int) -> None:
    """The ceil((n + 1) share)-th smallest (Vovk et al. 2005)."""
    scores = np.random.default_rng(n).normal(size=n)
    place = int(np.ceil((n + 1) * share - 1e-9))
    assert quantile(scores, share) == (np.sort(scores)[place - 1] if place <= n else np.inf)


def test_a_group_weighs_as_much_as_one_picture() -> None:
    """By the definition: the least t at which the groups' shares of scores up to t sum to share x (groups + 1)."""
    draw = np.random.default_rng(0)
    for _ in range(200):
        code = draw.integers(0, 12, 40)
        code = np.unique(code, return_inverse=True)[1]
        scores, share = np.round(draw.normal(size=40), 1), float(draw.uniform(0.3, 0.9))
        groups = code.max() + 1
        reach = []
        for t in np.unique(scores):
            if sum((scores[code == g] <= t).mean() for g in range(groups)) >= share * (groups + 1) - 1e-9:
                reach.append(t)
        assert quantile(scores, share, names(code)) == (min(reach) if reach else np.inf)


def test_coverage_of_a_new_group_is_what_is_promised() -> None:
    """Groups of 1 to 8 pictures that nearly agree: pooled pictures would cover 0.9 of pictures, not of new groups."""
    draw, hits = np.random.default_rng(1), []
    for _ in range(3000):
        sizes = draw.integers(1, 9, 25)
        middle = draw.normal(size=26) * np.r_[np.where(sizes > 4, 0.2, 2.0), 0]
        scores = np.concatenate([m + 0.01 * draw.normal(size=k) for m, k in zip(middle, sizes, strict=False)])
        size = int(draw.integers(1, 9))
        new = draw.normal() * (0.2 if size > 4 else 2.0) + 0.01 * draw.normal()
        hits.append(new <= quantile(scores, 0.9, names(np.repeat(np.arange(25), sizes))))
    assert 0.9 - 0.012 <= np.mean(hits) <= 0.9 + 1 / 26 + 0.012


def test_between_is_exact_by_draws() -> None:
    """Of 25 uniform scores a threshold lets through 24/26 or 25/26, never 0.95; between both by draws it is 0.95."""
    draw, hits = np.random.default_rng(5), []
    for _ in range(6000):
        lower, upper, part = between(draw.random(25), 0.95)
        assert lower < upper
        hits.append(lower + (upper - lower) * part)  # of a uniform new score
    assert abs(np.mean(hits) - 0.95) < 0.0018
    assert between(np.arange(5.0), 0.95) == (np.inf, np.inf, 1.0)
    assert between(np.arange(9.0), 0.9)[1:] == (8.0, 1.0)


@pytest.mark.parametrize(("share", "groups"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99), (0.75, 3)])
def test_least_is_where_thresholds_become_finite(share: float, groups: int) -> None:
    assert least(share) == groups
    assert np.isfinite(quantile(np.arange(groups), share))
    assert quantile(np.arange(groups - 1), share) == np.inf if groups > 1 else True


def test_spread_is_the_beta_law() -> None:
    """95 % of thresholds from 60 scores let through a share between its ends."""
    draw = np.random.default_rng(2)
    low, high = spread(0.9, 60)
    reached = np.array([quantile(draw.random(60), 0.9) for _ in range(4000)])  # of uniform scores the share itself
    assert abs(((reached >= low) & (reached <= high)).mean() - 0.95) < 0.012
    assert spread(0.95, 18) == (0.0, 1.0)


def test_binomial_bounds() -> None:
    """The rule of three's exact form, Clopper and Pearson's table (0 of 10: 0.2589; 1 of 20: 0.2161, one-sided)."""
    assert chance(0, 100, 0.02) == pytest.approx(0.98**100)
    assert chance(0, 0, 0.5) == 1
    assert upper(0, 10) == pytest.approx(0.2589, abs=1e-4)
    assert upper(1, 20) == pytest.approx(0.2161, abs=1e-4)
    assert upper(3, 3) == 1
    assert [needed(rate) for rate in (0.01, 0.02, 0.05, 0.1)] == [299, 149, 59, 29]
    assert needed(5e-324) == needed(0.0) == needed(1e-15) > 10**15, "rarer than a double can say one less of"
    assert chance(0, needed(0.02), 0.02) <= 0.05 < chance(0, needed(0.02) - 1, 0.02)


def test_one_of_each_group_every_one_as_often() -> None:
    group = np.array(["a", "a", "a", "", "", "b", "b"], dtype=object)
    counts = np.zeros(7)
    for seed in range(3000):
        picked = one_each(group, 7, rng(seed))
        assert len(picked) == 4
        assert {3, 4} <= set(picked.tolist())
        assert (np.diff(picked) > 0).all()
        counts[picked] += 1
    np.testing.assert_allclose(counts / 3000, [1 / 3, 1 / 3, 1 / 3, 1, 1, 1 / 2, 1 / 2], atol=0.03)


def test_draws_are_even_and_depend_on_content_alone() -> None:
    hashes = np.frombuffer(np.random.default_rng(0).bytes(16 * 4000), "V16")
    found = draws(hashes)
    assert ((found >= 0) & (found < 1)).all()
    assert abs(np.sort(found) - (np.arange(4000) + 0.5) / 4000).max() < 0.025
    np.testing.assert_array_equal(draws(hashes[::-1]), found[::-1])
