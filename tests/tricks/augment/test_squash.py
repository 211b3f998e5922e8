import numpy as np
import pytest

from linne.core.decode import Geometry, prepare
from linne.tricks.augment.squash import squash


@pytest.mark.parametrize("shape", [(40, 70), (70, 40), (33, 33)])
def test_as_the_run_s_own_squash(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(64, 192, (*shape, 3), np.uint8)  # nothing overshoots, whatever is first
    known = prepare(image, Geometry(size=32, fit="squash"))
    assert np.abs(squash(image, 32).astype(int) - known).max() <= 1


def test_a_mean_stays_where_sides_divide() -> None:
    image = np.random.default_rng(1).integers(0, 256, (64, 128, 3), np.uint8)
    assert np.abs(squash(image, 16).mean((0, 1)) - image.mean((0, 1))).max() < 3
