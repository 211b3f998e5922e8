import numpy as np
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):
    agrees("balanced_accuracy", lambda c: sk.balanced_accuracy_score(c.labels, c.guesses))


def test_unreadable_is_missed(build):
    assert find("metric", "balanced_accuracy")(build([[2, 1], [np.nan, 0], [1, 2]], [0, 0, 1])) == 3 / 4
