"""oversample: every class as large as the largest, every row there, rows of a class about equally often."""

import math

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [90, 40, 7]))


@pytest.mark.parametrize(("share", "wanted"), [(1, (90, 90, 0, 90)), (0.3, (90, 40, 0, 27)), (0.01, (90, 40, 0, 7))])
def test_no_class_is_smaller_and_no_row_is_lost(share: float, wanted: tuple[int, ...]) -> None:
    places = find("sampler", f"oversample(share={share})")(LABELS, rng(1))
    assert tuple(np.bincount(LABELS[places], minlength=4)) == wanted
    each = np.bincount(places, minlength=len(LABELS))
    for label, size in ((0, 90), (1, 40), (3, 7)):
        often = each[label == LABELS]
        assert often.min() == wanted[label] // size
        assert often.max() == math.ceil(wanted[label] / size)


def test_which_rows_come_once_more_and_where_is_drawn_evenly() -> None:
    drawn = [find("sampler", "oversample")(LABELS, rng("draw", seed)) for seed in range(400)]
    more = sum(np.bincount(places, minlength=len(LABELS))[LABELS == 1] - 2 for places in drawn)
    assert more.sum() == 400 * 10
    assert stats.chisquare(more).pvalue > 0.001
    first = np.bincount([LABELS[places[0]] for places in drawn], minlength=4)
    assert stats.chisquare(first[[0, 1, 3]]).pvalue > 0.001


@pytest.mark.parametrize("share", [0, 1.1])
def test_refuses_what_is_no_share(share: float) -> None:
    with pytest.raises(OptionError, match="oversample: share"):
        find("sampler", f"oversample(share={share})")(LABELS, rng(0))


def test_rows_without_a_label_have_no_class_to_go_by() -> None:
    with pytest.raises(OptionError, match="3 of 5 pictures have no label"):
        find("sampler", "oversample")(np.array([0, -1, 1, -1, -1]), rng(0))
