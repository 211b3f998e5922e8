import numpy as np
import pytest
from scipy import stats

from linne.core.correlation import CORRELATIONS, PRIOR, design_effect, effects, spread, weigher

SIZES = np.array([1, 4, 9, 30, 30, 2])
HITS = np.array([1.0, 3, 9, 11, 29, 0])


def test_prior_is_a_distribution():
    assert PRIOR.sum() == pytest.approx(1)
    assert CORRELATIONS[0] == 0
    assert (np.diff(CORRELATIONS) > 0).all()


@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_weights_are_prior_times_scipys_beta_binomial(share):
    odds = (1 - CORRELATIONS[1:]) / CORRELATIONS[1:]
    grouped = [stats.betabinom.logpmf(HITS, SIZES, share * each, (1 - share) * each).sum() for each in odds]
    chance = np.array([stats.binom.logpmf(HITS, SIZES, share).sum(), *grouped]) + np.log(PRIOR)
    chance = np.exp(chance - chance.max())
    np.testing.assert_allclose(weigher(HITS, SIZES)(share), chance / chance.sum(), rtol=1e-9)


def test_ends_are_where_the_averaged_tail_is_the_level():
    n, share = SIZES.sum(), HITS.sum() / SIZES.sum()
    effect, weigh = effects(HITS, SIZES), weigher(HITS, SIZES)
    for end in spread(HITS, SIZES, 0.9):
        tail = weigh(end) @ stats.norm.sf(abs(share - end) / np.sqrt(end * (1 - end) * effect / n))
        assert tail == pytest.approx(0.05, abs=1e-5)


def test_effects_grow_from_one_with_correlation_and_size():
    even = np.full(20, 10)
    found = effects(np.full(20, 8.0), even)
    np.testing.assert_allclose(found, 1 + 9 * CORRELATIONS)
    assert (effects(HITS, SIZES) >= 1).all()


def test_a_few_groups_all_wrong_are_seen():
    """9 of 10 groups all right and 1 all wrong, 100 groups of 30: each group is worth about one picture."""
    hits = np.where(np.arange(100) % 10 == 0, 0.0, 30.0)
    assert 24 < design_effect(hits, np.full(100, 30)) < 31
    assert design_effect(np.random.default_rng(0).binomial(30, 0.9, 100), np.full(100, 30)) < 1.3


def test_ends_are_mirrored():
    low, high = spread(HITS, SIZES, 0.95)
    assert spread(SIZES - HITS, SIZES, 0.95) == pytest.approx((1 - high, 1 - low), abs=1e-6)


def test_all_right_and_all_wrong():
    sizes = np.full(12, 30)
    low, high = spread(sizes.astype(float), sizes, 0.9)
    assert high == 1
    assert 0.8 < low < 0.99
    assert spread(np.zeros(12), sizes, 0.9) == pytest.approx((0, 1 - low), abs=1e-6)
