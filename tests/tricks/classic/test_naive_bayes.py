import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.naive_bayes import GaussianNB

from linne.core.errors import OptionError
from linne.tricks.classic.naive_bayes import naive_bayes
from tests.tricks.classic._clouds import clouds, keeps_the_contract


@pytest.mark.parametrize("smoothing", [0, 1e-9, 0.5])
def test_it_is_scikit_learns(smoothing):
    features, targets, fresh = clouds()
    theirs = GaussianNB(var_smoothing=smoothing).fit(features.astype(np.float64), targets)
    ours = naive_bayes(features, targets, smoothing=smoothing)(fresh)
    assert np.abs(ours - theirs.predict_log_proba(fresh.astype(np.float64))).max() < 1e-6


def test_it_is_bayes_rule_with_scipys_density():
    features, targets, fresh = clouds(90, k=3)
    joint = np.stack([
        np.log((targets == k).mean())
        + norm.logpdf(fresh, features[targets == k].mean(0), features[targets == k].std(0)).sum(1)
        for k in range(3)
    ], axis=1)  # fmt: skip
    ours = naive_bayes(features, targets, smoothing=0)(fresh)
    assert np.allclose(ours, joint - logsumexp(joint, axis=1, keepdims=True), atol=1e-4)


def test_it_keeps_the_contract():
    keeps_the_contract("naive_bayes")


def test_what_cannot_be_says_so():
    features, targets, _ = clouds()
    with pytest.raises(OptionError, match="naive_bayes: smoothing=-1"):
        naive_bayes(features, targets, smoothing=-1.0)
