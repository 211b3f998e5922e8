"""Proxies beside what labels say, calibration without a negative beside calibration with labels, intervals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata

from linne.core.errors import OptionError
from linne.core.intervals import Interval
from linne.core.predictions import Predictions, softmax
from linne.engine.proxy import calibrated, figures, measures, named, ranked, worth


def said(logits: np.ndarray, labels: np.ndarray, classes: tuple[str, ...] = ("one", "other")) -> Predictions:
    n = len(labels)
    blank = np.full(n, "", object)
    return Predictions(logits, labels, np.arange(n), classes, np.arange(n).astype(str).astype(object), blank)


def drawn(n: int, m: int, share: float = 0.3, gap: float = 3.0, seed: int = 0) -> tuple[Predictions, np.ndarray]:
    """Positives and a pool of two Gaussians by their true log odds; and who of the pool is positive."""
    draws = np.random.default_rng(seed)
    true = draws.random(m) < share
    x = np.concatenate([draws.normal(gap, 1, n), draws.normal(gap * true, 1)])
    odds = gap * x - gap**2 / 2 + np.log(share / (1 - share))
    labels = np.concatenate([np.zeros(n, int), np.full(m, -1)])
    return said(np.stack([odds, 0 * odds], 1), labels), true


def test_proxies_are_what_labels_say_on_average() -> None:
    gaps = {name: [] for name in ("accuracy", "balanced_accuracy", "auc")}
    for seed in range(60):
        known, true = drawn(150, 400, seed=seed)
        pool = known.logits[150:, 0]
        hit, miss = (pool[true] > 0).mean(), (pool[~true] <= 0).mean()
        ranks = rankdata(pool)
        auc = (ranks[true].sum() - true.sum() * (true.sum() + 1) / 2) / (true.sum() * (~true).sum())
        wanted = {"accuracy": 0.3 * hit + 0.7 * miss, "balanced_accuracy": (hit + miss) / 2, "auc": auc}
        for name in gaps:
            gaps[name].append(worth(known, np.array([0.3]), name) - wanted[name])
    for name, one in gaps.items():
        assert abs(np.mean(one)) < 4 * np.std(one) / len(one) ** 0.5 + 0.01, name


def test_accuracy_by_hand() -> None:
    """2 of 3 positives found, 3 of 4 of the pool called other, prior .25: .25 (2 / 3 - 1 / 3) + 3 / 4."""
    known = said(np.array([[1.0, 0], [1, 0], [-1, 0], [1, 0], [-1, 0], [-1, 0], [-1, 0]]), np.repeat([0, -1], [3, 4]))
    assert worth(known, np.array([0.25]), "accuracy") == pytest.approx(0.25 / 3 + 0.75)
    three = said(np.array([[2.0, 0, 1], [0, 2, 1], [2, 0, 1], [0, 0, 1], [0, 2, 1]]), np.array([0, 1, 1, -1, -1]),
                 ("a", "b", "other"))  # fmt: skip
    assert worth(three, np.array([0.2, 0.4]), "accuracy") == pytest.approx(0.2 * 1 + 0.4 * 0.5 + 0.5)


def test_weights_are_copies() -> None:
    known, _ = drawn(20, 40)
    counts = np.random.default_rng(1).integers(1, 4, 60)
    again = known.take(np.repeat(np.arange(60), counts))
    for name, measure in measures(known, np.array([0.3])).items():
        assert float(np.ravel(measure(counts[None].astype(float)))[0]) == pytest.approx(
            worth(again, np.array([0.3]), name)
        )


def test_ranked_against_pairs() -> None:
    draws = np.random.default_rng(0)
    score, above = draws.integers(0, 6, 30).astype(float), draws.random(30) < 0.4
    pairs = score[above][:, None] - score[~above][None]
    wanted = (pairs > 0).mean() + (pairs == 0).mean() / 2
    assert ranked(score, above, ~above, np.ones((1, 30)))[0] == pytest.approx(wanted)


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.2, 3.0), (5.0, -40.0)])
def test_calibration_finds_the_true_odds_again(slope: float, shift: float) -> None:
    """Scores that were stretched and moved: probabilities come back as true, and the pool's mean is the prior."""
    known, _ = drawn(4000, 12_000)
    moved = np.stack([slope * known.logits[:, 0] + shift, 0 * known.logits[:, 0]], 1)
    by, heat = calibrated(moved, known.labels, np.array([0.3]))
    found = softmax((moved + by) / heat)[:, 0]
    assert found[4000:].mean() == pytest.approx(0.3, abs=1e-6)
    assert np.abs(found - softmax(known.logits)[:, 0]).mean() < 0.02


def test_calibration_of_several_classes_matches_every_prior() -> None:
    draws = np.random.default_rng(0)
    logits = draws.normal(0, 2, (600, 3))
    labels = np.repeat([0, 1, -1], [100, 100, 400])
    logits[:100, 0] += 3
    logits[100:200, 1] += 3
    by, heat = calibrated(logits, labels, np.array([0.2, 0.1]))
    moved = logits - logits[:, -1:] + by
    np.testing.assert_allclose(softmax(moved / heat)[200:].mean(0), [0.2, 0.1, 0.7], atol=1e-6)


def test_a_perfect_split_stays_finite() -> None:
    logits = np.stack([np.repeat([5.0, -5.0], [60, 40]), np.zeros(100)], 1)
    by, heat = calibrated(logits, np.repeat([0, -1, -1], [50, 10, 40]), np.array([0.2]))
    assert np.isfinite([*by, heat]).all()
    assert heat > 0


def test_the_interval_holds_the_truth_and_the_priors_own_widens_it() -> None:
    held = []
    for seed in range(20):
        known, true = drawn(150, 400, gap=2.5, seed=seed)
        sharp, wide = ([Interval(0.3, low, high, 1, "")] for low, high in ((0.3, 0.3), (0.2, 0.4)))
        first, second = (figures(known, one, "accuracy", 0, "")["headline"] for one in (sharp, wide))
        everybody, who = drawn(1, 20_000, gap=2.5, seed=seed + 100)
        pool = everybody.logits[1:, 0] > 0
        held.append(first["low"] <= (pool == who).mean() <= first["high"])
        assert second["low"] < first["low"]
        assert second["high"] > first["high"] or second["high"] == 1
        assert "prior" in second["method"]
        del true
    assert np.mean(held) >= 0.8


def test_figures_say_that_they_are_proxies_and_count_no_negative() -> None:
    known, _ = drawn(60, 200)
    found = figures(known, [Interval(0.3, 0.2, 0.4, 1, "")], "accuracy", 0, "who")
    assert found["metric"] == "proxy_accuracy"
    assert found["unlabelled"] == 200
    assert all(name.startswith("proxy_") for name in found["figures"])
    one, other = found["per_class"]
    assert (one["n"], other["n"]) == (60, 0)
    assert other["recall"]["value"] is None
    assert 0 < one["precision"]["value"] <= 1
    assert np.sum(found["confusion"]) == 60
    nobody = replace(known, logits=np.where(known.labels[:, None] < 0, [[-9.0, 9.0]], known.logits))
    one = figures(nobody, [Interval(0.3, 0.2, 0.4, 1, "")], "accuracy", 0, "who")["per_class"][0]
    assert one["recall"]["value"] > 0
    assert one["precision"]["value"] is None
    assert one["f1"]["value"] is None, "of a class that nothing of the pool is called nobody knows it"


def test_metrics_that_need_negatives_are_refused() -> None:
    assert named("auc") == "auc"
    with pytest.raises(OptionError, match=r"macro_f1.*needs negatives"):
        named("macro_f1")
