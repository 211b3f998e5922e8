import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.lookup import find


def test_equals_scikit_learn(agrees):

    agrees("brier", lambda c: sk.mean_squared_error(c.hot, c.chances) * len(c.every))


def test_unreadable_costs_what_knowing_nothing_costs(build):
    each = find("metric", "brier(each=true)")(build([[0.0, 0, 0, 0], [np.nan] * 4], [1, 2]))
    assert each.tolist() == pytest.approx([0.75, 0.75])
