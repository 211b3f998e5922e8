import numpy as np
import pytest

from linne.core.rng import rng
from linne.tricks.augment.pad_square import pad_square

IMAGE = np.random.default_rng(0).integers(0, 256, (4, 9, 3), np.uint8)


@pytest.mark.parametrize("turned", [False, True])
def test_bars_on_both_sides(turned: bool) -> None:
    image = IMAGE.swapaxes(0, 1) if turned else IMAGE
    out = pad_square(image, rng(0), fill=(1, 2, 3))
    out = out.swapaxes(0, 1) if turned else out
    assert out.shape == (9, 9, 3)
    np.testing.assert_array_equal(out[2:6], IMAGE)
    assert (out[:2] == (1, 2, 3)).all()
    assert (out[6:] == (1, 2, 3)).all()


def test_the_mean_colour_keeps_the_mean() -> None:
    out = pad_square(IMAGE, rng(0))
    assert np.abs(out.mean((0, 1)) - IMAGE.mean((0, 1))).max() < 0.5


def test_any_place() -> None:
    places = set()
    for seed in range(100):
        out = pad_square(IMAGE, rng(seed), fill=0, place="random")
        places |= {top for top in range(6) if np.array_equal(out[top : top + 4], IMAGE)}
    assert places == set(range(6))
