"""The prior of a pool: by hand, against a slow computation, in simulations with a known truth, and its interval."""

import numpy as np
import pytest

from linne.engine.prior import LEAST, SURE, best_bin, prior


def drawn(n: int, m: int, share: float, gap: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of n positives and m of a pool, Gaussians `gap` apart; and who is known to be positive."""
    draws = np.random.default_rng(seed)
    true = draws.random(m) < share
    return np.concatenate([draws.normal(gap, 1, n), draws.normal(gap * true, 1)]), np.arange(n + m) < n


def slow(scores: np.ndarray, known: np.ndarray) -> float:
    """Threshold by threshold."""
    best = (np.inf, 0.0)
    n, m = known.sum() + 2 * LEAST, (~known).sum() + 2 * LEAST
    for cut in np.unique(scores):
        k, u = (scores[known] >= cut).sum() + LEAST, (scores[~known] >= cut).sum() + LEAST
        ratio = (u / m) / (k / n)
        best = min(best, (ratio * np.exp(SURE * np.sqrt(1 / u - 1 / m + 1 / k - 1 / n)), ratio))
    return min(best[1], 1.0)


def test_agrees_with_threshold_by_threshold_also_with_ties() -> None:
    for seed in range(20):
        scores, known = drawn(40, 90, 0.4, 2.0, seed)
        for given in (scores, scores.round(1)):
            assert best_bin(given, known) == pytest.approx(slow(given, known), rel=1e-9)


def test_weights_are_copies() -> None:
    scores, known = drawn(30, 60, 0.5, 2.0, 0)
    counts = np.random.default_rng(1).integers(1, 4, len(scores))
    found = best_bin(scores, known, counts[None].astype(float))
    again = best_bin(np.repeat(scores, counts), np.repeat(known, counts))
    assert float(np.asarray(found)[0]) == pytest.approx(again, rel=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_within_five_points_of_the_truth_in_simulations(share: float) -> None:
    off = np.array([best_bin(*drawn(800, 4000, share, 4.0, seed)) - share for seed in range(20)])
    assert (np.abs(off) < 0.05).mean() >= 0.9
    assert abs(np.mean(off)) < 0.02


def test_the_interval_holds_the_truth_most_of_the_time_and_narrows() -> None:
    held, wide = [], {}
    for n in (50, 800):
        found = [prior(*drawn(n, 4 * n, 0.3, 4.0, seed), np.full(5 * n, "", object), seed) for seed in range(6)]
        held += [one.low <= 0.3 <= one.high for one in found]
        wide[n] = np.mean([one.high - one.low for one in found])
    assert np.mean(held) > 0.8
    assert wide[800] < wide[50]


def test_pictures_of_one_group_count_once() -> None:
    scores, known = drawn(100, 300, 0.3, 4.0, 0)
    alone = prior(scores, known, np.full(400, "", object))
    copies = prior(np.tile(scores, 4), np.tile(known, 4), np.tile(np.arange(400).astype(str).astype(object), 4))
    assert copies.high / copies.low > 0.8 * alone.high / alone.low


def test_is_kept_from_nothing_and_everything() -> None:
    known = np.arange(2000) < 1000
    none = prior(np.where(known, 1.0, 0.0) + np.arange(2000) / 1e5, known, np.full(2000, "", object))
    assert 0 < none.value < 0.01
    same = prior(np.tile(np.arange(1000.0), 2), known, np.full(2000, "", object))
    assert 0.9 < same.value < 1
    assert same.high <= 1
