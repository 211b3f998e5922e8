import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_averages_equal_scikit_learn(agrees, average):
    agrees(
        f"recall({average})",
        lambda c: sk.recall_score(c.labels, c.guesses, average=average, zero_division=0),
        lambda c: len(c.labels) % 4 == 1,
    )


def test_per_class_equals_scikit_learn(agrees):
    agrees("recall(none)", lambda c: c.per_class[1])


def test_macro_is_the_mean_of_the_classes_that_occur(agrees):
    agrees("recall", lambda c: np.nanmean(c.per_class[1]))


def test_unreadable_is_missed(build):
    predictions = build([[2, 1], [np.nan, 0], [1, 2], [1, 2]], [0, 0, 1, 0])
    assert find("metric", "recall(none)")(predictions).tolist() == [1 / 3, 1]


def test_another_average_is_an_error(build):
    with pytest.raises(OptionError, match="macro"):
        find("metric", "recall(average=makro)")(build([[1, 2]], [0]))
