import numpy as np
import pytest
import sklearn.metrics as sk

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_averages_equal_scikit_learn(agrees, average):
    agrees(
        f"precision({average})",
        lambda c: sk.precision_score(c.labels, c.guesses, average=average, zero_division=0),
        lambda c: len(c.labels) % 4 == 1,
    )


def test_per_class_equals_scikit_learn(agrees):
    agrees("precision(none)", lambda c: c.per_class[0])


def test_macro_is_the_mean_of_the_classes_that_occur(agrees):
    agrees("precision", lambda c: np.nanmean(c.per_class[0]))


def test_unreadable_is_nobodys_guess(build):
    predictions = build([[2, 1], [np.nan, 0], [1, 2], [1, 2]], [0, 0, 1, 0])
    assert find("metric", "precision(none)")(predictions).tolist() == [1, 1 / 2]


def test_another_average_is_an_error(build):
    with pytest.raises(OptionError, match="macro"):
        find("metric", "precision(average=makro)")(build([[1, 2]], [0]))
