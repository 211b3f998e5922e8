"""weighted: a class's chance is the one that was given, times a power of its size; rows within one are equal."""

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [600, 300, 100]))


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ("", (1, 1, 1)),
        ("weights=(2,1,9,5)", (2, 1, 5)),
        ("power=1", (6, 3, 1)),
        ("power=-1", (1, 2, 6)),
        ("power=1,weights=(1,2,1,0)", (1, 1, 0)),
    ],
)
def test_classes_come_as_was_asked(options: str, wanted: tuple[int, ...]) -> None:
    drawn = np.concatenate([find("sampler", f"weighted({options})")(LABELS, rng(seed)) for seed in range(12)])
    counts = np.bincount(LABELS[drawn], minlength=4)
    there, share = counts[[0, 1, 3]], np.array(wanted) / sum(wanted)
    assert counts[2] == 0
    assert (there[share == 0] == 0).all()
    assert stats.chisquare(there[share > 0], 12_000 * share[share > 0]).pvalue > 0.001
    assert stats.chisquare(np.bincount(drawn, minlength=1000)[LABELS == 1]).pvalue > 0.001


@pytest.mark.parametrize("weights", ["(1,2)", "(1,1,-1,1)", "(0,0,1,0)", "(0,0,0,0)"])
def test_refuses_weights_that_leave_nothing_or_classes_open(weights: str) -> None:
    with pytest.raises(OptionError, match="weighted takes a weight"):
        find("sampler", f"weighted(weights={weights})")(LABELS, rng(0))


def test_rows_without_a_label_have_no_class_to_go_by() -> None:
    with pytest.raises(OptionError, match="3 of 5 pictures have no label"):
        find("sampler", "weighted")(np.array([0, -1, 1, -1, -1]), rng(0))
