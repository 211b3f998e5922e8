import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.intervals import paired
from linne.core.power import Pairs


def test_needed_is_connors_closed_form():
    """z = 1.959964 + 0.841621, d = 0.1, e = 0.02: 7.848879 x (0.1 - 0.0004) / 0.0004."""
    assert Pairs(1000, 0.1, 1.0, 1000).needed(0.02) == np.ceil(7.848879 * 0.0996 / 0.0004)
    assert Pairs(1000, 0.1, 1.0, 1000).needed(0.02, level=0.9, power=0.9) == np.ceil(
        (stats.norm.ppf(0.95) + stats.norm.ppf(0.9)) ** 2 * 0.0996 / 0.0004
    )


def test_design_multiplies_and_few_groups_ask_for_more():
    alone, grouped = Pairs(1000, 0.1, 1.0, 1000), Pairs(1000, 0.1, 3.0, 999)
    assert grouped.needed(0.02) == pytest.approx(3 * alone.needed(0.02), rel=0.01)
    assert Pairs(1000, 0.1, 3.0, 8).needed(0.05) > 1.02 * 3 * alone.needed(0.05)


@pytest.mark.parametrize("pairs", [Pairs(500, 0.08, 1.0, 500), Pairs(500, 0.08, 2.5, 50), Pairs(40, 0.024, 1.0, 40)])
def test_the_smallest_effect_needs_just_these_pictures(pairs):
    assert pairs.needed(pairs.smallest()) == pytest.approx(pairs.n, abs=2)


def test_a_difference_cannot_be_greater_than_the_disagreement():
    assert Pairs(500, 0.01, 1.0, 500).needed(0.05) == np.ceil(7.848879 * (0.05 - 0.0025) / 0.0025)


@pytest.mark.parametrize("effect", [0.0, -0.01, 1.01, float("nan")])
def test_impossible_effects(effect):
    with pytest.raises(OptionError, match="from 0 to 100"):
        Pairs(500, 0.1, 1.0, 500).needed(effect)


def test_the_estimate_itself_changes_nothing():
    """20 of 400 pictures differ: all for one, or ten for each; the same pictures are needed."""
    base, order = np.arange(400) < 300, np.arange(400)
    one_sided = Pairs.of(base | (order >= 380), base)
    even = Pairs.of(base ^ (order < 10) ^ (order >= 390), base)
    assert one_sided == even
    assert one_sided.disagreement == pytest.approx(21 / 402)


def test_no_pictures_and_equal_classifiers():
    assert Pairs.of(np.ones(100, bool), np.ones(100, bool)).disagreement == pytest.approx(1 / 102)
    assert Pairs.of(np.zeros(0, bool), np.zeros(0, bool)).n == 0


def test_simulated_power_is_what_it_says():
    """At the number that is needed for 3 points at a disagreement of 9 %, 80 % of sets show it."""
    n = Pairs(1000, 0.09, 1.0, 1000).needed(0.03)
    draw = np.random.default_rng(0)
    seen = []
    for _ in range(1500):
        kind = draw.random(n)
        first, second = kind < 0.86, (kind < 0.80) | (kind > 0.97)  # 6 % for the first, 3 % for the second
        seen.append(paired(first, second).low > 0)
    assert np.mean(seen) == pytest.approx(0.8, abs=0.035)
