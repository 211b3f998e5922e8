"""scales: a nearer look shows the same detail larger; the plain preprocessing is one of them."""

import numpy as np
import pytest

from linne.core.decode import Geometry, prepare
from linne.core.errors import OptionError
from linne.core.view import shown
from linne.tricks.view.scales import scales


def disc(side: int) -> np.ndarray:
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    inside = x**2 + y**2 < (side / 6) ** 2
    return np.repeat(np.where(inside, 255, 0).astype(np.uint8)[..., None], 3, axis=2)


def test_a_disc_grows_by_the_square_of_the_scale() -> None:
    found = shown(disc(600), Geometry(size=120), scales(shares=(1.0, 0.75, 0.5)))
    areas = np.array([one.mean() / 255 for one in found])
    np.testing.assert_allclose(areas, np.pi / 36 / np.array([1.0, 0.75, 0.5]) ** 2, rtol=0.01)


def test_the_network_s_own_share_is_nearly_what_predict_sees() -> None:
    """Another order of cutting and resizing: a pixel's rounding, no more."""
    smooth = np.add.outer(np.arange(512), np.arange(512))[..., None].repeat(3, axis=2) / 1023 * 255
    pixels = smooth.astype(np.uint8)
    (_, near) = shown(pixels, Geometry(size=224), scales(shares=(1.0, 0.875)))
    assert np.abs(near.astype(int) - prepare(pixels, Geometry(size=224))).max() <= 2


@pytest.mark.parametrize("shares", [(1.0,), 0.8, (1.0, 1.0), ()])
def test_one_scale_is_none(shares: object) -> None:
    with pytest.raises(OptionError, match="two or more different"):
        scales(shares=shares)  # type: ignore[arg-type]


def test_weights_belong_to_shares() -> None:
    found = scales(shares=(1.0, 0.75), weights=(3, 1))
    assert [(view.share, view.weight) for view in found] == [(1.0, 3), (0.75, 1)]
    with pytest.raises(OptionError, match="weights are 2 numbers"):
        scales(shares=(1.0, 0.75), weights=(1, 1, 1))
    with pytest.raises(OptionError, match="weight is a number above 0"):
        scales(shares=(1.0, 0.75), weights=(1, 0))


def test_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(OptionError, match="cannot be larger than the picture"):
        scales(shares=(1.0, 1.25))
