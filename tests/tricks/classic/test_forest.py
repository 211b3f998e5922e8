import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from linne.core.errors import OptionError
from linne.core.predictions import softmax
from linne.core.rng import rng
from linne.tricks.classic.forest import forest
from tests.tricks.classic._clouds import clouds, keeps_the_contract


@pytest.mark.parametrize("leaf", [1, 7])
def test_without_smoothing_it_is_scikit_learns(leaf):
    features, targets, fresh = clouds()
    seed = int(rng(3).integers(2**31))
    theirs = RandomForestClassifier(30, min_samples_leaf=leaf, random_state=seed).fit(features, targets)
    ours = forest(features, targets, rng(3), trees=30, leaf=leaf, smooth=0)
    assert np.abs(softmax(ours(fresh)) - theirs.predict_proba(fresh)).max() < 1e-6


def test_smoothing_is_trees_that_know_nothing():
    features, targets, fresh = clouds()
    plain, smooth = (softmax(forest(features, targets, rng(3), trees=20, smooth=s)(fresh)) for s in (0, 5.0))
    assert np.allclose(smooth, (20 * plain + 5 / 4) / 25, atol=1e-9)


def test_seeds_differ_and_chunks_do_not(monkeypatch):
    features, targets, fresh = clouds()
    one, two = (forest(features, targets, rng(seed), trees=20) for seed in (0, 1))
    assert not np.array_equal(one(fresh), two(fresh))
    whole = one(fresh)
    monkeypatch.setattr("linne.tricks.classic._fitted.CELLS", 300)
    assert np.array_equal(one(fresh), whole)


def test_it_keeps_the_contract():
    keeps_the_contract("forest", trees=40)


def test_what_cannot_be_says_so():
    features, targets, _ = clouds()
    for options, said in (({"trees": 0}, "trees=0"), ({"leaf": 0.5}, "leaf=0.5"), ({"smooth": -1}, "smooth=-1")):
        with pytest.raises(OptionError, match=f"forest: {said}"):
            forest(features, targets, rng(0), **options)
