import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from linne.core.errors import LinneError, OptionError
from linne.core.predictions import softmax
from linne.core.rng import rng
from linne.tricks.classic import boosting as module
from linne.tricks.classic.boosting import boosting
from tests.tricks.classic._clouds import clouds, keeps_the_contract


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_it_is_scikit_learns(k, share):
    features, targets, fresh = clouds(k=k)
    theirs = HistGradientBoostingClassifier(
        max_iter=12, learning_rate=0.2, max_leaf_nodes=7, min_samples_leaf=9, max_features=share, early_stopping=False,
        random_state=int(rng(3).integers(2**31)),
    ).fit(features.astype(np.float64), targets)  # fmt: skip
    ours = boosting(features, targets, rng(3), rounds=12, rate=0.2, leaves=7, least=9, share=share)
    assert np.abs(softmax(ours(fresh)) - theirs.predict_proba(fresh.astype(np.float64))).max() < 1e-6


def test_leaves_too_large_to_cut_leave_the_classes_shares():
    features, targets, fresh = clouds(30, k=3)
    targets = np.where(np.arange(30) < 20, 0, 1 + targets % 2)
    shares = softmax(boosting(features, targets, rng(0), least=20)(fresh))
    assert np.allclose(shares, np.bincount(targets) / 30, atol=1e-6)


def test_chunks_change_nothing(monkeypatch):
    features, targets, fresh = clouds()
    learner = boosting(features, targets, rng(0), rounds=5)
    whole = learner(fresh)
    monkeypatch.setattr("linne.tricks.classic._fitted.CELLS", 300)
    assert np.array_equal(learner(fresh), whole)


def test_trees_kept_in_another_way_are_noticed(monkeypatch):
    features, targets, _ = clouds()
    real = module._read

    def other(model):
        found = real(model)
        return {**found, "value": found["value"] * 2}

    monkeypatch.setattr(module, "_read", other)
    with pytest.raises(LinneError, match="unknown way"):
        boosting(features, targets, rng(0), rounds=3)


def test_it_keeps_the_contract():
    keeps_the_contract("boosting", rounds=15)


def test_what_cannot_be_says_so():
    features, targets, _ = clouds()
    for options, said in (
        ({"rounds": 0}, "rounds=0"), ({"rate": 0.0}, "rate=0.0"), ({"leaves": 1}, "leaves=1"),
        ({"least": 0}, "least=0"), ({"share": 1.5}, "share=1.5"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=f"boosting: .*{said}"):
            boosting(features, targets, rng(0), **options)
