import tracemalloc
import warnings

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from linne.core.errors import OptionError
from linne.core.predictions import softmax
from linne.tricks.classic.lda import lda
from tests.tricks.classic._clouds import clouds, keeps_the_contract


@pytest.mark.parametrize("shrinkage", ["auto", 0.0, 0.3, 1.0])
@pytest.mark.parametrize("k", [2, 4])
def test_it_is_scikit_learns(shrinkage, k):
    features, targets, fresh = clouds(k=k)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(features.astype(np.float64), targets)
    ours = softmax(lda(features, targets, shrinkage=shrinkage)(fresh))
    assert np.abs(ours - theirs.predict_proba(fresh.astype(np.float64))).max() < 1e-6


@pytest.mark.parametrize("shrinkage", ["auto", 0.0, 0.3, 1.0])
@pytest.mark.parametrize("k", [2, 4, 30])
def test_it_is_scikit_learns_with_fewer_pictures_than_features(shrinkage, k):
    """Features of uneven size, some cut at 0, some constant; with thirty classes each has two pictures."""
    features, targets, fresh = clouds(60, 200, k=min(k, 4))
    size = np.geomspace(1e-2, 1e2, 200, dtype=np.float32)
    features, fresh = (np.where(np.arange(200) < 8, 0.1, np.maximum(one, 0) * size) for one in (features, fresh))
    targets = np.arange(60) // 2 if k == 30 else targets
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(features.astype(np.float64), targets)
    ours = softmax(lda(features, targets, shrinkage=shrinkage)(fresh))
    assert np.abs(ours - theirs.predict_proba(fresh.astype(np.float64))).max() < 1e-6


def test_fewer_pictures_than_features_take_no_matrix_of_the_features():
    features, targets, fresh = clouds(60, 3_000)
    tracemalloc.start()
    learner = lda(features, targets)
    assert tracemalloc.get_traced_memory()[1] < 3_000**2 * 8 / 2
    tracemalloc.stop()
    assert (learner(fresh).argmax(1) == targets).all()


def test_one_number_of_variance_is_the_nearest_mean():
    """Shrunk wholly, every direction counts the same: of classes of one size the nearest mean wins."""
    features, targets, fresh = clouds()
    means = np.stack([features[targets == k].mean(0) for k in range(4)])
    nearest = ((fresh[:, None] - means) ** 2).sum(2).argmin(1)
    assert np.array_equal(lda(features, targets, shrinkage=1.0)(fresh).argmax(1), nearest)


def test_more_features_than_pictures_and_a_class_of_one():
    features, targets, fresh = clouds(60, 200)
    targets = np.where(np.arange(60) == 0, 4, targets)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = lda(features, targets)(fresh)
    assert (scores[1:].argmax(1) == targets[1:]).mean() > 0.8


def test_it_keeps_the_contract():
    keeps_the_contract("lda")


def test_what_cannot_be_says_so():
    features, targets, _ = clouds()
    for value in (-0.1, 1.1, "most", True):
        with pytest.raises(OptionError, match="from 0 to 1, or 'auto'"):
            lda(features, targets, shrinkage=value)
