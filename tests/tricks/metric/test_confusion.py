import numpy as np
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):
    agrees("confusion", lambda c: sk.confusion_matrix(c.labels, c.guesses, labels=c.every))


def test_unreadable_stands_in_no_column(build):
    assert find("metric", "confusion")(build([[2, 1], [np.nan, 0], [1, 2]], [0, 0, 1])).tolist() == [[1, 0], [0, 1]]


def test_weightings_stack(build):
    cells = find("metric", "confusion")(build([[2, 1], [1, 2]], [0, 0]), np.array([[1, 2], [0, 3]]))
    assert cells.tolist() == [[[1, 2], [0, 0]], [[0, 3], [0, 0]]]
