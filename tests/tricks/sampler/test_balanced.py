"""balanced: equal classes, equal rows within one."""

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [900, 90, 10]))


def test_classes_come_equally_often_and_so_do_rows_within_one() -> None:
    drawn = np.concatenate([find("sampler", "balanced")(LABELS, rng(seed)) for seed in range(12)])
    assert len(drawn) == 12 * 1000
    counts = np.bincount(LABELS[drawn], minlength=4)
    assert counts[2] == 0
    assert stats.chisquare(counts[[0, 1, 3]]).pvalue > 0.001
    rare = np.bincount(drawn, minlength=1000)[LABELS == 3]
    assert stats.chisquare(rare).pvalue > 0.001


def test_rows_without_a_label_have_no_class_to_go_by() -> None:
    with pytest.raises(OptionError, match="3 of 5 pictures have no label"):
        find("sampler", "balanced")(np.array([0, -1, 1, -1, -1]), rng(0))
