import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_equals_scikit_learn_where_nothing_ties(agrees):
    def untied(case):
        return len(case.every) > 2 and all(len(set(row)) == len(row) for row in case.chances)

    agrees("topk(2)", lambda c: sk.top_k_accuracy_score(c.labels, c.chances, k=2, labels=c.every), untied)


def test_ties_go_to_the_earlier_class_as_in_top(cases):
    for case in cases[::3]:
        k, p = len(case.every) - 1, case.predictions
        hits = [p.classes[label] in dict(top) for label, top in zip(p.labels, p.top(k), strict=True) if label >= 0]
        assert find("metric", f"topk({k}, each=true)")(p).tolist() == hits


def test_top_one_is_accuracy_and_unreadable_is_wrong(build):
    predictions = build([[2, 1, 0], [np.nan] * 3, [1, 2, 0], [0, 1, 2]], [0, 0, 0, 0])
    assert find("metric", "topk(1)")(predictions) == find("metric", "accuracy")(predictions) == 1 / 4
    assert find("metric", "topk(2)")(predictions) == 2 / 4


def test_k_that_says_nothing_is_an_error(build):
    with pytest.raises(OptionError, match="3 classes"):
        find("metric", "topk(3)")(build([[1, 2, 3]], [0]))
