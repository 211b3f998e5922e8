"""Frechet distance, precision and recall, copies: closed forms, scipy's matrix root, brute force, planted copies."""

import numpy as np
import pytest
from scipy import linalg, stats

from linne.core.intervals import wilson
from linne.engine.copying import Learned, copying, difference
from linne.engine.frechet import frechet, inside, jackknife, reach, squared


def cloud(n: int, wide: int, seed: int, spread: "np.ndarray | float" = 1.0, mean: "np.ndarray | float" = 0.0):
    return np.random.default_rng(seed).standard_normal((n, wide)) * spread + mean


@pytest.mark.parametrize(("n", "m", "wide"), [(40, 60, 5), (300, 200, 12), (6, 50, 9), (8, 7, 20)])
def test_distance_is_scipy_s(n: int, m: int, wide: int) -> None:
    """By its matrix root, which singular covariances (fewer rows than columns) are given a little to stand on."""
    mix = np.random.default_rng(9).standard_normal((wide, wide))
    one, two = cloud(n, wide, 1) @ mix, cloud(m, wide, 2, 2.0, 0.5)
    covered = [np.cov(rows.T) + 1e-9 * np.eye(wide) for rows in (one, two)]
    root = np.real(linalg.sqrtm(covered[0] @ covered[1]))
    wanted = np.square(one.mean(0) - two.mean(0)).sum() + np.trace(covered[0] + covered[1] - 2 * root)
    assert frechet(one, two) == pytest.approx(wanted, rel=1e-3 if min(n, m) <= wide else 1e-6)
    assert frechet(one, two) == pytest.approx(frechet(two, one))
    assert frechet(one, one) == pytest.approx(0, abs=1e-9)


def test_distance_of_gaussians_is_the_closed_form() -> None:
    """With equal axes it is |m1 - m2|^2 + sum (s1 - s2)^2."""
    spread, mean = np.array([1.0, 2.0, 0.5]), np.array([1.0, 0.0, -2.0])
    found = frechet(cloud(200_000, 3, 1), cloud(200_000, 3, 2, spread, mean))
    assert found == pytest.approx(np.square(mean).sum() + np.square(spread - 1).sum(), rel=0.02)


def test_precision_and_recall_by_brute_force() -> None:
    real, ours = cloud(60, 4, 1), cloud(50, 4, 2, 1.3)
    radius = [sorted(np.linalg.norm(real - one, axis=1))[3] for one in real]
    np.testing.assert_allclose(reach(real), np.square(radius))
    wanted = [any(np.linalg.norm(one - two) <= r for two, r in zip(real, radius, strict=True)) for one in ours]
    assert inside(ours, real).tolist() == wanted
    assert 0 < np.mean(wanted) < 1
    assert inside(real, real).all()
    assert not inside(cloud(5, 4, 3, 0.1, 50.0), real).any()


def test_half_of_the_classes_have_precision_and_no_recall_of_the_rest() -> None:
    real = np.concatenate([cloud(80, 3, 1), cloud(80, 3, 2, 1.0, 30.0)])
    half = cloud(160, 3, 3)
    assert inside(half, real).mean() > 0.8
    assert inside(real, half)[:80].mean() > 0.8
    assert not inside(real, half)[80:].any()


def test_jackknife_of_a_mean_is_student_s_interval() -> None:
    """Of a mean over blocks of one picture it is the usual one, in closed form."""
    values = np.random.default_rng(0).standard_normal(20)
    found = jackknife(lambda real, drawn: float(values[real].mean()), np.zeros(20, int), np.full(20, "", object))
    half = stats.t.ppf(0.975, 19) * values.std(ddof=1) / 20**0.5
    assert (found.value, found.low, found.high) == pytest.approx(
        (values.mean(), values.mean() - half, values.mean() + half)
    )


def test_jackknife_keeps_groups_together() -> None:
    values = np.repeat(np.random.default_rng(0).standard_normal(40), 5)
    alone, group = np.full(200, "", object), np.repeat(np.arange(40), 5).astype(str).astype(object)
    wide = [
        jackknife(lambda real, drawn: float(values[real].mean()), np.zeros(200, int), one) for one in (alone, group)
    ]
    assert wide[1].high - wide[1].low > 1.4 * (wide[0].high - wide[0].low)


def learned(seed: int = 0, n: int = 400) -> tuple[np.ndarray, Learned]:
    rows = cloud(n, 6, seed)
    return rows, Learned.of(rows, np.full(n, "", object))


def test_nearest_by_brute_force() -> None:
    rows, known = learned(n=50)
    far = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    np.fill_diagonal(far, np.inf)
    np.testing.assert_allclose(known.nearest, far.min(1), rtol=1e-6)
    np.testing.assert_allclose(known.second, np.sort(far, 1)[:, 1], rtol=1e-6)
    asked = cloud(20, 6, 7)
    near, apart = known.near(asked), np.linalg.norm(asked[:, None] - rows[None], axis=2)
    assert near.row.tolist() == apart.argmin(1).tolist()
    np.testing.assert_allclose(near.share, apart.min(1) / far.min(1)[apart.argmin(1)], rtol=1e-6)
    grouped = Learned.of(np.concatenate([rows, rows]), np.tile(np.arange(50), 2).astype(str).astype(object))
    np.testing.assert_allclose(grouped.nearest, np.tile(far.min(1), 2), rtol=1e-5)  # a twin is no neighbour


def test_limit_leaves_one_in_twenty_of_learned_ones_close() -> None:
    rows, known = learned(n=300)
    shares = []
    for row in range(len(rows)):
        others = np.delete(rows, row, 0)
        shares.append(Learned.of(others, np.full(len(others), "", object)).near(rows[row : row + 1]).share[0])
    assert np.mean(np.array(shares) < known.limit()) == pytest.approx(0.05, abs=0.005)


def test_planted_copies_are_told_and_new_draws_are_not() -> None:
    """A tenth of near copies is enough; of 40 generators that draw what the data are drawn from, few are accused."""
    rows, known = learned(n=400)
    held = known.near(cloud(300, 6, 1))
    blank, draws = np.full(300, "", object), np.random.default_rng(2)
    copies = cloud(400, 6, 3)
    copies[:60] = rows[draws.permutation(400)[:60]] + 1e-3 * draws.standard_normal((60, 6))
    told = copying(known.near(copies).share, held.share, blank, known.limit())
    assert told["copies"]
    assert told["p"] < 1e-3
    assert told["drawn"]["value"] > told["held"]["value"] + 0.1
    exact = copying(known.near(rows).share, held.share, blank, known.limit())
    assert exact["exact"] == 400
    accused = 0
    for seed in range(40):
        fresh, own = cloud(400, 6, 100 + seed), cloud(300, 6, 200 + seed)
        accused += copying(known.near(fresh).share, known.near(own).share, blank, known.limit())["copies"]
    assert accused <= 4


def test_typical_pictures_are_no_copies() -> None:
    """A generator that draws the middle alone lies close to many learned pictures, and copies none."""
    _, known = learned(n=600)
    held, middle = cloud(300, 6, 1), cloud(300, 6, 2, 0.4)
    assert known.near(middle).distance.mean() < 0.8 * known.near(held).distance.mean()
    told = copying(known.near(middle).share, known.near(held).share, np.full(300, "", object), known.limit())
    assert not told["copies"]


def test_p_is_fisher_s_and_the_interval_newcombe_s() -> None:
    drawn, held = np.r_[np.zeros(15), np.ones(85)], np.r_[np.zeros(4), np.ones(76)]
    told = copying(drawn, held, np.full(80, "", object), 0.5)
    wanted = stats.fisher_exact([[15, 85], [4, 76]], "greater")
    assert told["p"] == pytest.approx(wanted.pvalue)  # type: ignore[union-attr]
    # Newcombe 1998, table II, method 10: 56/70 - 48/80 is [0.0524, 0.3339]
    found = difference(wilson(np.arange(70) < 56), wilson(np.arange(80) < 48))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_squared_distances_never_fall_below_nothing() -> None:
    rows = cloud(30, 5, 0, 1e-3, 1e4)
    assert squared(rows, rows).min() >= 0
