"""classes: blocks of different classes and different rows, any class and row as likely."""

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

SIZES = {0: 200, 1: 50, 2: 9, 4: 2, 5: 30}
LABELS = np.random.default_rng(0).permutation(np.repeat(list(SIZES), list(SIZES.values())))


def test_a_block_holds_different_classes_and_of_each_different_rows_where_there_are() -> None:
    places = find("sampler", "classes(3, rows=4)")(LABELS, rng(0))
    assert len(places) == len(LABELS) // 12 * 12
    for block in places.reshape(-1, 3, 4):
        labels = LABELS[block]
        assert (labels == labels[:, :1]).all()
        assert len(set(labels[:, 0].tolist())) == 3
        for label, rows in zip(labels[:, 0], block, strict=True):
            assert len(set(rows.tolist())) == min(4, SIZES[int(label)])


def test_any_class_is_as_likely_and_any_of_its_rows() -> None:
    drawn = np.concatenate([find("sampler", "classes(2, 1)")(LABELS, rng("draw", seed)) for seed in range(12)])
    assert len(drawn) == 12 * 290
    first = LABELS[drawn.reshape(-1, 2)[:, 0]]
    assert stats.chisquare(np.bincount(first, minlength=6)[[0, 1, 2, 4, 5]]).pvalue > 0.001
    for label in (1, 2, 5):
        assert stats.chisquare(np.bincount(drawn, minlength=len(LABELS))[label == LABELS]).pvalue > 0.001


def test_few_rows_still_make_a_block_and_each_comes_in_turn() -> None:
    places = find("sampler", "classes(2, 5)")(np.array([0, 0, 1]), rng(0))
    assert sorted(np.bincount(places, minlength=3).tolist()) == [2, 3, 5]


@pytest.mark.parametrize("options", ["6", "0", "2, rows=0", "2.5"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="no more classes than the 5"):
        find("sampler", f"classes({options})")(LABELS, rng(0))


def test_rows_without_a_label_have_no_class_to_go_by() -> None:
    with pytest.raises(OptionError, match="3 of 5 pictures have no label"):
        find("sampler", "classes(2)")(np.array([0, -1, 1, -1, -1]), rng(0))
