import numpy as np
import pytest

from linne.core.rng import rng
from linne.tricks.augment.salt_pepper import salt_pepper

IMAGE = np.random.default_rng(0).integers(1, 255, (150, 160, 3), np.uint8)


@pytest.mark.parametrize("share", [0.02, 0.3, 1.0])
def test_half_is_white_half_is_black_the_rest_stays(share: float) -> None:
    out = salt_pepper(IMAGE, rng(0), share=share)
    black, white = (out == 0).all(2), (out == 255).all(2)
    spread = 4 * np.sqrt(share / 2 * (1 - share / 2) / black.size)
    assert abs(black.mean() - share / 2) < spread
    assert abs(white.mean() - share / 2) < spread
    np.testing.assert_array_equal(out[~(black | white)], IMAGE[~(black | white)])
