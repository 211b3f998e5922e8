import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.errors import OptionError
from linne.core.lookup import find


def column(case, k):
    return sk.roc_auc_score(case.hot[:, k], case.chances[:, k]) if 0 < case.hot[:, k].mean() < 1 else np.nan


def test_per_column_equals_scikit_learn(agrees):
    agrees("auc(none)", lambda c: [column(c, k) for k in c.every])


def test_is_the_mean_of_the_columns_that_have_both(build):
    predictions = build(np.random.default_rng(0).normal(size=(40, 4)), np.arange(40) % 3)
    columns = find("metric", "auc(none)")(predictions)
    assert np.isnan(columns[3])
    assert find("metric", "auc")(predictions) == pytest.approx(columns[:3].mean())
    assert np.isnan(find("metric", "auc")(build([[1, 2], [2, 1]], [0, 0])))


def test_ties_count_a_half(build):
    assert find("metric", "auc")(build([[1, 1], [1, 1], [1, 1]], [0, 1, 1])) == 0.5


def test_unreadable_is_the_last_to_be_found(build):
    predictions = build([[3.0, 0], [np.nan, 0], [1, 0], [0, 1]], [0, 0, 1, 1])
    assert find("metric", "auc(none)")(predictions).tolist() == [0.5, 1.0]


def test_another_average_is_an_error(build):
    with pytest.raises(OptionError, match="macro"):
        find("metric", "auc(average=micro)")(build([[1, 2]], [0]))
