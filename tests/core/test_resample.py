import numpy as np
import pytest

from linne.core.resample import bootstrap, deal, evaluate, studentised


def mean_of(values):
    def measure(weights=None):
        weights = np.ones(len(values)) if weights is None else weights
        return (weights @ values) / weights.sum(axis=-1)

    return measure


def test_covers_a_skewed_mean_better_than_the_percentiles_do():
    """Exponential values, 20 of them, 400 sets: the percentile bootstrap covers about 82 % of 90."""
    held, naive = [], []
    for seed in range(400):
        values = np.random.default_rng(seed).exponential(1, 20)
        found = bootstrap({"mean": mean_of(values)}, None, 20, level=0.9, resamples=500, seed=seed)["mean"]
        held.append(found.low <= 1 <= found.high)
        drawn = values[np.random.default_rng(seed + 9999).integers(0, 20, (500, 20))].mean(axis=1)
        naive.append(np.quantile(drawn, 0.05) <= 1 <= np.quantile(drawn, 0.95))
    assert 0.86 <= np.mean(held) <= 0.95
    assert np.mean(naive) < 0.86


def test_is_at_least_students_interval_of_a_mean():
    from scipy import stats

    values = np.random.default_rng(0).normal(5, 2, 30)
    found = bootstrap({"mean": mean_of(values)}, None, 30, level=0.95)["mean"]
    low, high = stats.t.interval(0.95, 29, values.mean(), stats.sem(values))
    assert found.low <= low + 1e-12
    assert found.high >= high - 1e-12
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.25)
    assert found.method == "bootstrap-t"


def test_groups_are_drawn_whole():
    """Ten copies of each value in its group are worth no more than one."""
    values = np.random.default_rng(0).normal(0, 1, 40)
    once = bootstrap({"m": mean_of(values)}, None, 40)["m"]
    copied = bootstrap({"m": mean_of(np.repeat(values, 10))}, np.repeat(np.arange(40), 10), 400)["m"]
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
    loose = bootstrap({"m": mean_of(np.repeat(values, 10))}, None, 400)["m"]
    assert loose.high - loose.low < 0.4 * (copied.high - copied.low)


def test_same_seed_same_interval_and_figures_share_the_draws():
    values = np.random.default_rng(0).normal(0, 1, 50)
    measures = {"a": mean_of(values), "b": mean_of(values), "c": mean_of(-values)}
    found = bootstrap(measures, None, 50, seed=3)
    assert found["a"] == found["b"] == bootstrap({"a": mean_of(values)}, None, 50, seed=3)["a"]
    assert found["a"].low == pytest.approx(-found["c"].high)
    assert found["a"].low != bootstrap({"a": mean_of(values)}, None, 50, seed=4)["a"].low


def test_bounds():
    values = np.r_[np.zeros(2), np.ones(38)]
    found = bootstrap({"m": mean_of(values)}, None, 40, bounds={"m": (0, 1)})["m"]
    assert found.high == 1
    assert bootstrap({"m": mean_of(values)}, None, 40)["m"].high > 1


@pytest.mark.parametrize(
    ("values", "group", "warning"),
    [
        (np.arange(30.0), None, ""),
        (np.arange(12.0), None, "only 12 groups"),
        (np.ones(30), None, "no spread between groups to measure"),
        (np.arange(30.0), np.zeros(30), "one group has no spread to measure"),
        (np.r_[np.zeros(99), 1], None, "a few pictures or groups decide it"),
    ],
)
def test_warnings(values, group, warning):
    found = bootstrap({"m": mean_of(values)}, group, len(values))["m"]
    assert found.warning == warning
    assert found.value == values.mean()
    assert np.isfinite(found.low) == ("no spread" not in warning)


def test_where_it_would_take_long_it_is_a_jackknife_that_agrees():
    values = np.random.default_rng(0).normal(0, 1, 3000)
    quick = bootstrap({"m": mean_of(values)}, None, 3000, cost=1000)["m"]
    slow = bootstrap({"m": mean_of(values)}, None, 3000)["m"]
    assert quick.method == "jackknife"
    assert quick.high - quick.low == pytest.approx(slow.high - slow.low, rel=0.25)


def test_a_figure_that_some_draws_lack_is_held_by_the_others():
    values = np.random.default_rng(0).normal(5, 1, 30)

    def measure(weights=None):
        weights = np.ones(30) if weights is None else weights
        return np.where(weights[..., 0] > 0, mean_of(values)(weights), np.nan)

    found = bootstrap({"m": measure}, None, 30)["m"]
    assert found.low < values.mean() < found.high


def test_many_groups_are_dealt_into_even_blocks():
    code, blocks = deal(np.arange(1001), 0, 400)
    assert blocks == 400
    assert set(np.bincount(code)) == {2, 3}
    assert deal(np.arange(30), 0, 400)[0].tolist() == list(range(30))


def test_evaluate_in_parts_is_evaluate_at_once(monkeypatch):
    values, draws = np.arange(6.0), np.random.default_rng(0).integers(0, 3, (7, 3)) + 1
    code = np.array([0, 0, 1, 1, 2, 2])
    whole = evaluate({"m": mean_of(values)}, draws.astype(float), code)["m"]
    monkeypatch.setattr("linne.core.resample.CELLS", 13)
    assert evaluate({"m": mean_of(values)}, draws.astype(float), code)["m"].tolist() == whole.tolist()


def test_studentised_standard_error_is_exact_for_a_mean():
    """Without draws it is Student's interval with the jackknife's error, which for a mean is the usual one."""
    from scipy import stats

    values = np.random.default_rng(0).exponential(1, 25)
    left = (values.sum() - values) / 24
    (low, high), method, _ = studentised(values.mean(), np.empty(0), left, np.empty((0, 25)), 0.9)
    assert (low, high) == pytest.approx(stats.t.interval(0.9, 24, values.mean(), stats.sem(values)))
    assert method == "jackknife"
