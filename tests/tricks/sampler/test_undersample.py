"""undersample: every class as small as the smallest, no row twice, any row as likely."""

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [90, 40, 7]))


@pytest.mark.parametrize(("times", "wanted"), [(1, (7, 7, 0, 7)), (2.5, (18, 18, 0, 7)), (9, (63, 40, 0, 7))])
def test_no_class_is_larger_and_no_row_comes_twice(times: float, wanted: tuple[int, ...]) -> None:
    places = find("sampler", f"undersample(times={times})")(LABELS, rng(1))
    assert tuple(np.bincount(LABELS[places], minlength=4)) == wanted
    assert len(set(places.tolist())) == len(places)


def test_over_epochs_every_row_comes_and_as_often_as_any_of_its_class() -> None:
    drawn = np.concatenate([find("sampler", "undersample")(LABELS, rng("draw", seed)) for seed in range(600)])
    each = np.bincount(drawn, minlength=len(LABELS))
    assert (each[LABELS == 3] == 600).all()
    # Without replacement counts are binomial with variance m p (1 - p): the statistic of counts over p (1 - p).
    often, share = each[LABELS == 0], 7 / 90
    statistic = ((often - 600 * share) ** 2).sum() / (600 * share * (1 - share)) * (89 / 90)
    assert stats.chi2.sf(statistic, 89) > 0.001


def test_refuses_less_than_the_smallest() -> None:
    with pytest.raises(OptionError, match="undersample: times"):
        find("sampler", "undersample(times=.5)")(LABELS, rng(0))


def test_rows_without_a_label_have_no_class_to_go_by() -> None:
    with pytest.raises(OptionError, match="3 of 5 pictures have no label"):
        find("sampler", "undersample")(np.array([0, -1, 1, -1, -1]), rng(0))
