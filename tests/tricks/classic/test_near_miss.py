"""near_miss: which rows stay, by distances written out."""

from importlib.util import find_spec

import numpy as np
import pytest
from balance import Spy, balanced, clouds, places

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

pytestmark = pytest.mark.skipif(find_spec("imblearn") is None, reason="needs: pip install 'linne[imbalanced]'")


def kept(spec: str, features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    spy = Spy()
    find("classic", spec)(features, targets, rng(0), learner=spy)
    rows, labels = spy.seen[0]
    found = places(rows, features)
    assert (found >= 0).all()
    assert (targets[found] == labels).all()
    return found


def far(features: np.ndarray, targets: np.ndarray, label: int) -> np.ndarray:
    """(rows of the class, rows of the rarest) distances, ascending in each row."""
    away = np.sqrt(((features[targets == label][:, None] - features[targets == 2]) ** 2).sum(2))
    return np.sort(away, axis=1)


@pytest.mark.parametrize(("version", "k"), [(1, 3), (1, 5), (2, 3), (2, 1)])
def test_the_nearest_by_the_mean_of_k_stay(version: int, k: int) -> None:
    features, targets = clouds()
    found = kept(f"near_miss(version={version},k={k})", features, targets)
    for label in (0, 1):
        distance = far(features, targets, label)
        mean = (distance[:, :k] if version == 1 else distance[:, -k:]).mean(1)
        wanted = np.flatnonzero(targets == label)[np.argsort(mean)[:8]]
        assert set(found[targets[found] == label]) == set(wanted)
    assert set(found[targets[found] == 2]) == set(np.flatnonzero(targets == 2))


def test_the_third_version_keeps_of_the_near_ones_those_that_are_farthest_on_average() -> None:
    features, targets = clouds()
    found = kept("near_miss(version=3,k=2)", features, targets)
    for label in (0, 1):
        own = np.flatnonzero(targets == label)
        away = np.sqrt(((features[own][:, None] - features[targets == 2]) ** 2).sum(2))
        short = np.unique(np.argsort(away, axis=0)[:2])
        mean = np.sort(away[short], axis=1)[:, :2].mean(1)
        wanted = own[short[np.argsort(-mean)[:8]]]
        assert set(found[targets[found] == label]) == set(wanted)


def test_it_learns_and_refuses_other_versions() -> None:
    assert balanced(find("classic", "near_miss")(*clouds(), rng(0))) > 0.45
    with pytest.raises(OptionError, match="version is 1, 2 or 3"):
        find("classic", "near_miss(version=4)")(*clouds(), rng(0))
    with pytest.raises(OptionError, match="whole number from 1"):
        find("classic", "near_miss(k=0)")(*clouds(), rng(0))
