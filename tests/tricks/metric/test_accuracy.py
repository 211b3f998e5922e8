import numpy as np
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):
    agrees("accuracy", lambda c: sk.accuracy_score(c.labels, c.guesses))


def test_unreadable_is_wrong_and_unlabelled_is_left_out(build):
    logits = [[2, 1], [np.nan, np.nan], [1, 2], [5, 0]]
    assert find("metric", "accuracy")(build(logits, [0, 0, 1, -1])) == 2 / 3
    assert find("metric", "accuracy(each=true)")(build(logits, [0, 0, 1, -1])).tolist() == [True, False, True]
