"""flip against PIL's mirror image of what predict sees."""

import numpy as np
from PIL import Image, ImageOps

from linne.core.decode import Geometry, prepare
from linne.core.view import shown
from linne.tricks.view.flip import flip

PIXELS = np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8)


def test_the_plain_picture_and_its_mirror_image() -> None:
    one, two = shown(PIXELS, Geometry(size=32), flip())
    plain = prepare(PIXELS, Geometry(size=32))
    np.testing.assert_array_equal(one, plain)
    np.testing.assert_array_equal(two, np.asarray(ImageOps.mirror(Image.fromarray(plain))))


def test_their_features_are_kept_where_training_keeps_them() -> None:
    assert [view.key() for view in flip()] == ["", "mirror"]
