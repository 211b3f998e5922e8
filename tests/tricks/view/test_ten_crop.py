"""ten_crop against torchvision's, and against five_crop joined with flip."""

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms.v2 import functional as F

from linne.core.decode import Geometry, prepare
from linne.core.errors import OptionError
from linne.core.view import crossed, shown
from linne.tricks.view.five_crop import five_crop
from linne.tricks.view.flip import flip
from linne.tricks.view.ten_crop import ten_crop

PIXELS = np.random.default_rng(0).integers(0, 256, (300, 280, 3), np.uint8)


def test_torchvision_s_crops_of_the_whole_square() -> None:
    square = Image.fromarray(prepare(PIXELS, Geometry(size=128, crop=1.0)))
    wanted = [np.asarray(one) for one in F.ten_crop(square, [112, 112])]
    found = shown(PIXELS, Geometry(size=112), ten_crop(112))  # torchvision mirrors first, so in another order
    assert sorted(one.tobytes() for one in found) == sorted(one.tobytes() for one in wanted)
    for crop, mirrored in zip(found[:5], found[5:], strict=True):
        np.testing.assert_array_equal(crop[:, ::-1], mirrored)


def test_five_crops_joined_with_flip_are_the_ten() -> None:
    joined = crossed([five_crop(112), flip()])
    assert {view.key() for view in joined} == {view.key() for view in ten_crop(112)}
    assert len(joined) == 10


def test_a_crop_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(OptionError, match=r"ten_crop: share .* cannot be larger"):
        ten_crop(224, share=2)
