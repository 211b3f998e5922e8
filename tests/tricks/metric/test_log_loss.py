import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):
    agrees("log_loss", lambda c: sk.log_loss(c.labels, c.chances, labels=c.every))


def test_unreadable_costs_what_knowing_nothing_costs(build):
    each = find("metric", "log_loss(each=true)")(build([[0.0, 0, 0], [np.nan] * 3], [1, 2]))
    assert each.tolist() == pytest.approx([np.log(3), np.log(3)])


def test_a_certain_mistake_is_clipped(build):
    assert find("metric", "log_loss")(build([[0.0, -1000], [0, -np.inf]], [1, 1])) == pytest.approx(52 * np.log(2))
