"""selective: the exact tests by hand, and a promise that is broken no oftener than it says."""

import numpy as np
import pytest
from scipy.stats import binom

from linne.core.errors import InputError, OptionError
from linne.tricks.sets.selective import ladder, passed, selective
from tests.tricks.sets._drawn import drawn, said


def test_the_procedure_by_hand() -> None:
    """Every threshold that passes its own exact test with what was spent on it; the laxest of them (Wiens 2003)."""
    draw = np.random.default_rng(0)
    for error, risk in ((0.1, 0.05), (0.05, 0.1)):
        steps = 1 - ladder(error)
        assert steps[0] == pytest.approx(1 - error / 8)
        assert steps[-1] == pytest.approx(0)
        for seed in range(30):
            sure = np.random.default_rng(seed).beta(4, 0.6, 800)
            right = draw.random(800) < sure
            spent, taken, kept = 0.0, None, 0.0
            start = next(k for k, step in enumerate(steps) if step <= 1 - error)
            for k, step in enumerate(steps):
                spent = kept + (risk / 2 if k in (0, start) else 0)
                n, wrong = (sure >= step).sum(), (~right[sure >= step]).sum()
                good = spent > 0 and n > 0 and binom.cdf(wrong, n, error) <= spent
                kept, taken = (spent, step) if good else (0.0, taken)
            assert passed(sure, right, error, steps, risk) == taken


@pytest.mark.parametrize(("error", "confidence", "spread"), [(0.1, 0.95, 4.0), (0.05, 0.8, 6.0)])
def test_the_promise_is_broken_no_oftener_than_it_says(error: float, confidence: float, spread: float) -> None:
    """Of 300 calibrations on 400 pictures each; the true error from 40,000 pictures."""
    new = drawn(40_000, 999, spread)
    sure, right = new.probabilities.max(1), new.right
    broken, answered = 0, []
    for seed in range(300):
        try:
            trick = selective(drawn(400, seed, spread), error, confidence=confidence)
        except InputError:
            continue
        some = sure >= trick.threshold
        answered.append(some.mean())
        broken += 1 - right[some].mean() > error
    assert len(answered) > 200
    assert np.mean(answered) > 0.2
    assert broken / 300 <= 1 - confidence + 0.03


def test_answers_above_the_threshold_and_nothing_else() -> None:
    known, new = drawn(600, 1, 4.0), drawn(200, 2, 4.0)
    trick = selective(known, 0.1)
    choice = trick(new.logits)
    sure = new.probabilities.max(1) >= trick.threshold
    np.testing.assert_array_equal(choice.any(1), sure)
    np.testing.assert_array_equal(choice[sure].argmax(1), new.guesses[sure])
    assert (choice.sum(1) <= 1).all()
    assert trick.told["pictures"] == 600
    assert not trick(np.full((1, 4), np.nan)).any()


def test_one_of_each_group_counts() -> None:
    known = drawn(300, 3, 5.0)
    rows = np.repeat(np.arange(300), 4)
    twins = said(known.logits[rows], known.labels[rows], np.array([f"g{row}" for row in rows], dtype=object))
    assert selective(twins, 0.1).groups == 300
    assert selective(twins, 0.1).threshold == selective(known, 0.1).threshold


def test_too_few_say_how_many_are_needed() -> None:
    """183 without a mistake: 0.98^183 < 0.025 < 0.98^182."""
    with pytest.raises(InputError, match=r"takes at least 183 groups .* there are 100. So many may prove 0.05"):
        selective(drawn(100, 0), 0.02)
    with pytest.raises(InputError, match="no confidence was found"):
        selective(said(np.random.default_rng(0).normal(size=(400, 4)), np.arange(400) % 4), 0.02)
    logits = np.eye(2)[np.zeros(106, int)] * 4.0
    one_wrong = said(logits, (np.arange(106) == 0).astype(int))
    with pytest.raises(InputError, match=r"and 1 of these wrongly, which leaves an error of 0\.051 possible"):
        selective(one_wrong, 0.05)  # the bound of the test that did not pass lies above what was asked
    for bad in (0, 1, -1, True):
        with pytest.raises(OptionError, match="between 0 and 1"):
            selective(drawn(100, 0), bad)
    with pytest.raises(OptionError, match="confidence"):
        selective(drawn(500, 0), 0.1, confidence=1.0)
