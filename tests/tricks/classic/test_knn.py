import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from linne.core.errors import InputError, OptionError
from linne.core.predictions import softmax
from linne.tricks.classic import knn as module
from linne.tricks.classic.knn import knn
from tests.tricks.classic._clouds import clouds, keeps_the_contract


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("k", [1, 5, 30])
def test_without_smoothing_it_is_scikit_learns(metric, weights, k):
    features, targets, fresh = clouds()
    features, fresh = features.astype(np.float64), fresh.astype(np.float64)
    theirs = KNeighborsClassifier(k, metric=metric, weights=weights, algorithm="brute").fit(features, targets)
    ours = knn(features, targets, k=k, metric=metric, weights=weights, smooth=0)
    assert np.abs(softmax(ours(fresh)) - theirs.predict_proba(fresh)).max() < 1e-6


def test_smoothing_spreads_votes_evenly():
    features, targets, fresh = clouds()
    plain, smooth = (softmax(knn(features, targets, smooth=s)(fresh)) for s in (0, 2.0))
    assert np.allclose(smooth, (5 * plain + 2 / 4) / 7, atol=1e-9)


def test_pictures_that_lie_at_zero_vote_alone():
    features, targets, _ = clouds(40)
    features = np.rint(features * 4)
    votes = softmax(knn(features, targets, k=20, metric="euclidean", weights="distance", smooth=0)(features))
    assert np.array_equal(votes.argmax(1), targets)
    assert votes.max(1).min() > 1 - 1e-9


def test_chunks_change_nothing(monkeypatch):
    features, targets, fresh = clouds()
    learner = knn(features, targets)
    whole = learner(fresh)
    monkeypatch.setattr("linne.tricks.classic._fitted.CELLS", 7 * 240)
    assert np.allclose(learner(fresh), whole, atol=1e-12)


def test_it_keeps_the_contract():
    keeps_the_contract("knn")
    keeps_the_contract("knn", metric="euclidean", weights="distance", k=9)


def test_what_cannot_be_says_so(monkeypatch):
    features, targets, _ = clouds()
    for options, said in (
        ({"k": 0}, "knn: k=0"), ({"k": 2.5}, "k=2.5"), ({"k": 241}, "k=240 or less"), ({"smooth": -1}, "smooth=-1"),
        ({"metric": "cosin"}, "'cosine' or 'euclidean'"), ({"weights": "near"}, "'uniform' or 'distance'"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=said):
            knn(features, targets, **options)
    monkeypatch.setattr(module, "MOST", 100)
    with pytest.raises(InputError, match="at most 100 pictures, got 240"):
        knn(features, targets)
