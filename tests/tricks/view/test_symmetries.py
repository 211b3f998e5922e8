"""symmetries: the group of the square, all eight and closed."""

import numpy as np
from PIL import Image

from linne.core.decode import Geometry, prepare
from linne.core.view import shown
from linne.tricks.view.symmetries import symmetries

PIXELS = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
GEOMETRY = Geometry(size=24, crop=1.0)


def marks(pixels: np.ndarray) -> set[bytes]:
    return {one.tobytes() for one in shown(pixels, GEOMETRY, symmetries())}


def test_all_of_pillow_s_transpositions() -> None:
    plain = Image.fromarray(prepare(PIXELS, GEOMETRY))
    wanted = {plain.tobytes(), *(plain.transpose(way).tobytes() for way in Image.Transpose)}
    assert len(wanted) == 8
    assert marks(PIXELS) == wanted


def test_a_turned_picture_is_seen_in_the_same_eight_ways() -> None:
    square = PIXELS[:24, :24]  # as large as the input, so that no resize rounds
    assert marks(np.rot90(square)) == marks(square[::-1]) == marks(square)
