"""shuffle: a permutation, evenly drawn."""

import numpy as np
from scipy import stats

from linne.core.lookup import find
from linne.core.rng import rng


def test_every_row_once() -> None:
    labels = np.zeros(101, int)
    one, two = (find("sampler", "shuffle")(labels, rng(seed)) for seed in (0, 1))
    assert sorted(one) == sorted(two) == list(range(101))
    assert not np.array_equal(one, two)
    assert np.array_equal(one, find("sampler", "shuffle")(labels, rng(0)))


def test_any_row_may_come_first() -> None:
    first = [find("sampler", "shuffle")(np.zeros(6, int), rng("first", seed))[0] for seed in range(600)]
    assert stats.chisquare(np.bincount(first, minlength=6)).pvalue > 0.001
