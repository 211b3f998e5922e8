import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):
    def defined(case):
        return len({*case.labels, *case.guesses}) > 1

    agrees("kappa", lambda c: sk.cohen_kappa_score(c.labels, c.guesses), defined)


def test_full_agreement_by_chance_alone_is_no_figure(build):
    assert np.isnan(find("metric", "kappa")(build([[2, 1], [2, 1]], [0, 0])))


def test_unreadable_agrees_with_nothing(build):
    logits, labels = [[2, 1, 0], [np.nan] * 3, [1, 2, 0]], [0, 0, 1]
    assert find("metric", "kappa")(build(logits, labels)) == pytest.approx(sk.cohen_kappa_score(labels, [0, 2, 1]))
