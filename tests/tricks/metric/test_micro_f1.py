import numpy as np
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):
    agrees("micro_f1", lambda c: sk.f1_score(c.labels, c.guesses, average="micro", zero_division=0))


def test_unreadable_is_missed_and_no_false_alarm(build):
    assert find("metric", "micro_f1")(build([[2, 1], [np.nan, 0], [1, 2]], [0, 0, 1])) == 4 / 5
