"""root: a class's chance is proportional to the root of its size, rows within one are equal."""

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [900, 81, 9]))


def test_classes_come_by_the_root_of_their_size() -> None:
    drawn = np.concatenate([find("sampler", "root")(LABELS, rng(seed)) for seed in range(12)])
    counts = np.bincount(LABELS[drawn], minlength=4)
    assert counts.sum() == 12 * 990
    assert counts[2] == 0
    assert stats.chisquare(counts[[0, 1, 3]], 12 * 990 * np.array([30, 9, 3]) / 42).pvalue > 0.001
    assert stats.chisquare(np.bincount(drawn, minlength=990)[LABELS == 3]).pvalue > 0.001


def test_rows_without_a_label_have_no_class_to_go_by() -> None:
    with pytest.raises(OptionError, match="3 of 5 pictures have no label"):
        find("sampler", "root")(np.array([0, -1, 1, -1, -1]), rng(0))
