import numpy as np
import pytest

from linne.core.decode import Geometry, prepare
from linne.tricks.augment.letterbox import letterbox


@pytest.mark.parametrize("shape", [(40, 70), (70, 40), (33, 33), (200, 90)])
def test_as_the_run_s_own_letterbox(shape: tuple[int, int]) -> None:
    """Prepare resizes each direction by itself, Pillow in one call; they may round apart by a grey level."""
    image = np.random.default_rng(0).integers(64, 192, (*shape, 3), np.uint8)  # nothing overshoots, whatever is first
    known = prepare(image, Geometry(size=32, fit="letterbox"))
    assert np.abs(letterbox(image, 32).astype(int) - known).max() <= 1


def test_bars_have_the_colour() -> None:
    out = letterbox(np.full((10, 20, 3), 50, np.uint8), 40, fill=(1, 2, 3))
    assert (out[10:30] == 50).all()
    assert (out[:10] == (1, 2, 3)).all()
    assert (out[30:] == (1, 2, 3)).all()
