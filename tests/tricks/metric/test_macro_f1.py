import numpy as np
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):
    agrees("macro_f1", lambda c: sk.f1_score(c.labels, c.guesses, average="macro", zero_division=0))


def test_unreadable_is_missed(build):
    assert find("metric", "macro_f1")(build([[2, 1], [np.nan, 0], [1, 2]], [0, 0, 1])) == (2 / 3 + 1) / 2
