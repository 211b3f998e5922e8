import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):
    agrees("mcc", lambda c: sk.matthews_corrcoef(c.labels, c.guesses))


def test_unreadable_is_a_guess_of_no_class(build):
    logits, labels = [[2, 1, 0], [np.nan] * 3, [1, 2, 0], [2, 1, 0]], [0, 0, 1, 1]
    assert find("metric", "mcc")(build(logits, labels)) == pytest.approx(sk.matthews_corrcoef(labels, [0, 2, 1, 0]))
