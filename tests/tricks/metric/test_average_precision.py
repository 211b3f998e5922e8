import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.errors import OptionError
from linne.core.lookup import find


def column(case, k):
    return sk.average_precision_score(case.hot[:, k], case.chances[:, k]) if case.hot[:, k].any() else np.nan


def test_per_column_equals_scikit_learn(agrees):
    agrees("average_precision(none)", lambda c: [column(c, k) for k in c.every])


def test_is_the_mean_of_the_columns_that_have_pictures(build):
    predictions = build(np.random.default_rng(0).normal(size=(40, 4)), np.arange(40) % 3)
    columns = find("metric", "average_precision(none)")(predictions)
    assert np.isnan(columns[3])
    assert find("metric", "average_precision")(predictions) == pytest.approx(columns[:3].mean())


def test_unreadable_is_the_last_to_be_found(build):
    predictions = build([[3.0, 0], [np.nan, 0], [1, 0], [0, 1]], [0, 0, 1, 1])
    assert find("metric", "average_precision(none)")(predictions).tolist() == pytest.approx([(1 + 2 / 4) / 2, 1])


def test_another_average_is_an_error(build):
    with pytest.raises(OptionError, match="macro"):
        find("metric", "average_precision(average=micro)")(build([[1, 2]], [0]))
