"""outliers: strangers far from all, alone or in a clump, are found; a plain cloud has next to none."""

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.check.outliers import distance, outliers


def cloud(n: int = 800, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    middles = draw.normal(size=(5, 64))[draw.integers(0, 5, n)]
    return (middles + draw.normal(size=(n, 64)) @ draw.normal(size=(64, 64)) * 0.2).astype(np.float32)


def test_strangers_are_found_whether_alone_or_alike(made) -> None:
    features = cloud()
    draw = np.random.default_rng(1)
    features[:10] += 12 * draw.normal(size=(10, 64))
    features[10:20] = features[10:20] * 0.1 + 8 * draw.normal(size=64)
    (found,) = outliers(Images.of([b""] * 800), made(800), features, rng(0))
    assert set(range(20)) <= set(found.rows)
    assert len(found.rows) <= 25
    assert found.severity == "low"
    assert found.details["scores"] == sorted(found.details["scores"], reverse=True)


@pytest.mark.parametrize("seed", range(3))
def test_a_plain_cloud_has_next_to_none(made, seed: int) -> None:
    found = outliers(Images.of([b""] * 800), made(800), cloud(seed=seed), rng(0))
    assert not found or len(found[0].rows) <= 4


def test_order_is_that_of_the_mahalanobis_distance() -> None:
    features = cloud()[:, :30]
    exact = features - features.mean(0)
    exact = (exact * np.linalg.solve(np.cov(features.T), exact.T).T).sum(1)
    found = distance(features, np.full(800, -1), 30, rng(0), rounds=1)
    assert np.corrcoef(np.argsort(np.argsort(exact)), np.argsort(np.argsort(found)))[0, 1] > 0.9


def test_a_small_class_of_its_own_is_not_strange(made) -> None:
    features = cloud()
    features[:40] += 6 * np.random.default_rng(1).normal(size=64)
    labels = ["hat"] * 40 + ["rest"] * 760
    known = outliers(Images.of([b""] * 800, labels), made(800), features, rng(0))
    blind = outliers(Images.of([b""] * 800), made(800), features, rng(0))
    assert not known or len(set(known[0].rows) & set(range(40))) <= 2
    assert len(set(blind[0].rows) & set(range(40))) >= 30


def test_unreadable_pictures_and_missing_features(made) -> None:
    features = cloud(100)
    features[7] = np.nan
    reason = np.full(100, b"", "S160")
    reason[7] = b"broken"
    found = outliers(Images.of([b""] * 100), made(100, reason=reason), features, rng(0), spread=0.5)
    assert 7 not in found[0].rows
    assert outliers(Images.of([b""] * 100), made(100), None, rng(0)) == []
    assert outliers(Images.of([b""] * 9), made(9), features[:9], rng(0)) == []
