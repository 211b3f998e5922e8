import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.rng import rng
from linne.tricks.augment.flip import flip

IMAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def test_mirrors_columns_or_rows() -> None:
    np.testing.assert_array_equal(flip(IMAGE, rng(0), p=1.0), np.flip(IMAGE, axis=1))
    np.testing.assert_array_equal(flip(IMAGE, rng(0), p=1.0, vertical=True), np.flip(IMAGE, axis=0))
    np.testing.assert_array_equal(flip(IMAGE, rng(0), p=0.0), IMAGE)


def test_flips_a_share_p() -> None:
    flipped = sum(not np.array_equal(flip(IMAGE, rng(seed), p=0.3), IMAGE) for seed in range(2000))
    assert abs(flipped - 600) < 4 * np.sqrt(2000 * 0.3 * 0.7)


def test_refuses_no_probability() -> None:
    with pytest.raises(OptionError, match="between 0 and 1"):
        flip(IMAGE, rng(0), p=1.5)


def test_alternating_mirrors_every_other_epoch_half_of_them_in_the_even_ones() -> None:
    for content, first in ((b"\x00rest", 0), (b"\x01rest", 1)):
        turned = [not np.array_equal(flip(IMAGE, rng(0), epoch, content, alternate=True), IMAGE) for epoch in range(6)]
        assert turned == [epoch % 2 != first for epoch in range(6)]
    with pytest.raises(OptionError, match="no effect with alternate"):
        flip(IMAGE, rng(0), p=0.3, alternate=True)
