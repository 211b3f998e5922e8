"""repeated beside timm's sampler on one process, and shuffle where nothing is repeated."""

import numpy as np
import pytest
from timm.data.distributed_sampler import RepeatAugSampler

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

LABELS = np.zeros(101, int)


@pytest.mark.parametrize("times", [2, 3, 7])
def test_as_many_of_as_many_as_timm_s(times: int) -> None:
    ours = find("sampler", f"repeated(times={times})")(LABELS, rng(0))
    theirs = np.array(list(RepeatAugSampler(LABELS, 1, 0, num_repeats=times, selected_round=0)))
    assert len(ours) == len(theirs) == 101
    for places in (ours, theirs):
        runs = np.split(places, np.flatnonzero(np.diff(places)) + 1)
        assert [len(run) for run in runs] == [times] * (101 // times) + [101 % times]
        assert len({int(run[0]) for run in runs}) == len(runs)


def test_once_is_a_shuffle() -> None:
    once = find("sampler", "repeated(times=1)")(LABELS, rng(3))
    assert np.array_equal(once, find("sampler", "shuffle")(LABELS, rng(3)))


@pytest.mark.parametrize("times", [0, 1.5])
def test_refuses(times: float) -> None:
    with pytest.raises(OptionError, match="times is a whole number"):
        find("sampler", f"repeated(times={times})")(LABELS, rng(0))
