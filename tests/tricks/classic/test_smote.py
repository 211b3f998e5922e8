"""smote: new rows lie between a row and one of its nearest of the class, as many as the largest class has more."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from balance import COUNTS, Spy, balanced, clouds, places

from linne.core.errors import InputError, MissingExtra, OptionError
from linne.core.lookup import find
from linne.core.rng import rng

needs = pytest.mark.skipif(find_spec("imblearn") is None, reason="needs the extra: pip install 'linne[imbalanced]'")


@needs
@pytest.mark.parametrize("k", [1, 3, 5])
def test_every_new_row_lies_between_a_row_and_one_of_its_nearest(k: int) -> None:
    features, targets = clouds()
    spy = Spy()
    find("classic", f"smote(k={k})")(features, targets, rng(0), learner=spy)
    rows, labels = spy.seen[0]
    assert np.bincount(labels).tolist() == [max(COUNTS)] * 3
    assert (rows[: len(features)] == features).all()
    steps = []
    for row, label in zip(rows[len(features) :], labels[len(features) :], strict=True):
        own = features[targets == label]
        near = np.argsort(((own[:, None] - own) ** 2).sum(2), axis=1)[:, 1 : k + 1]
        ends = own[:, None] - 0 * own[near], own[near]
        way = ends[1] - ends[0]
        share = ((row - ends[0]) * way).sum(2) / (way**2).sum(2)
        off = np.abs(ends[0] + share[..., None] * way - row).max(2)
        off[(share < -1e-9) | (share > 1 + 1e-9)] = np.inf
        assert off.min() < 1e-9
        steps.append(share.flat[off.argmin()])
    assert 0.3 < np.mean(steps) < 0.7


@needs
def test_k_is_at_most_the_others_of_the_rarest_class_and_draws_are_the_seed_s() -> None:
    features, targets = clouds(counts=(30, 3))
    seen = []
    for seed in (0, 0, 1):
        spy = Spy()
        find("classic", "smote")(features, targets, rng(seed), learner=spy)
        seen.append(spy.seen[0][0])
    assert (seen[0] == seen[1]).all()
    assert not (seen[0] == seen[2]).all()
    assert (places(seen[0][33:], features) == -1).all()


@needs
def test_a_learner_is_named_with_its_options() -> None:
    features, targets = clouds()
    one, two = (find("classic", f"smote(learner=logistic(strength={s}))")(features, targets, rng(0)) for s in (0.01, 9))
    assert np.ptp(one(features), axis=1).mean() > 3 * np.ptp(two(features), axis=1).mean()
    assert balanced(one) > 0.6


@needs
def test_bad_asks() -> None:
    features, targets = clouds(counts=(9, 1))
    with pytest.raises(InputError, match="2 rows of each class; class number 1"):
        find("classic", "smote")(features, targets, rng(0))
    with pytest.raises(InputError, match="two classes"):
        find("classic", "smote")(features, 0 * targets, rng(0))
    with pytest.raises(OptionError, match="whole number from 1"):
        find("classic", "smote(k=0)")(features, targets, rng(0))
    with pytest.raises(OptionError, match="no classic called"):
        find("classic", "smote(learner=logistics)")(*clouds(), rng(0))


def test_without_the_library_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imblearn", None)
    for module in ("over_sampling", "under_sampling", "ensemble"):
        monkeypatch.setitem(sys.modules, f"imblearn.{module}", None)
    for name in ("smote", "adasyn", "near_miss", "tomek", "easy_ensemble", "balanced_bagging"):
        with pytest.raises(MissingExtra, match=r"pip install 'linne\[imbalanced\]'"):
            find("classic", name)(*clouds(), rng(0))
