import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find


def naive(case, bins):
    """Pictures in order of confidence, dealt by rank; equal confidences take the first one's place."""
    sure, right = case.chances.max(axis=1), case.guesses == case.labels
    held: dict[int, list[int]] = {}
    for i, value in enumerate(sure):
        held.setdefault(int((sure < value).sum()) * bins // len(sure), []).append(i)
    return sum(abs(right[rows].mean() - sure[rows].mean()) * len(rows) for rows in held.values()) / len(sure)


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_equals_a_plain_loop(agrees, bins):
    agrees(f"ece(bins={bins})", lambda c: naive(c, bins))


@pytest.mark.parametrize(("gap", "n"), [(0.0, 150), (0.1, 600)])
def test_debiased_is_nearer_to_the_truth(build, gap, n):
    plain, debiased = [], []
    for seed in range(200):
        draw = np.random.default_rng(seed)
        sure = draw.uniform(0.6, 0.95, n)
        right = draw.random(n) < sure - gap
        predictions = build(np.stack([np.log(sure), np.log(1 - sure)], axis=1), np.where(right, 0, 1))
        plain.append(find("metric", "ece")(predictions))
        debiased.append(find("metric", "ece(debiased=true)")(predictions))
    assert abs(np.mean(debiased) - gap) < 0.7 * abs(np.mean(plain) - gap)


def test_debiased_subtracts_what_a_normal_error_adds(build):
    """One bin of 100, 70 right, confidence 0.6: 2 gap less the folded normal's mean, here drawn a million times."""
    sure = np.full(100, 0.6)
    labels = np.where(np.arange(100) < 70, 0, 1)
    predictions = build(np.stack([np.log(sure), np.log(1 - sure)], axis=1), labels)
    drawn = np.abs(0.1 + np.sqrt(0.7 * 0.3 / 100) * np.random.default_rng(0).normal(size=1_000_000)).mean()
    assert find("metric", "ece(bins=1, debiased=true)")(predictions) == pytest.approx(0.2 - drawn, abs=2e-4)


def test_unreadable_is_wrong_at_even_odds(build):
    assert find("metric", "ece(bins=1)")(build([[np.nan, np.nan]], [0])) == 0.5


def test_no_bins_is_an_error(build):
    with pytest.raises(OptionError, match="at least 1"):
        find("metric", "ece(bins=0)")(build([[1, 2]], [0]))
