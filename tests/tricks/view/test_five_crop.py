"""five_crop against torchvision's on the resized square."""

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms.v2 import functional as F

from linne.core.decode import Geometry, prepare
from linne.core.errors import OptionError
from linne.core.view import shown
from linne.tricks.view.five_crop import five_crop

PIXELS = np.random.default_rng(0).integers(0, 256, (300, 280, 3), np.uint8)


@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_torchvision_s_crops_of_the_whole_square(fit: str) -> None:
    whole = Geometry(size=128, fit=fit, crop=1.0 if fit == "crop" else 0.875)  # type: ignore[arg-type]
    square = Image.fromarray(prepare(PIXELS, whole))
    wanted = [np.asarray(one) for one in F.five_crop(square, [112, 112])]
    found = shown(PIXELS, Geometry(size=112, fit=fit), five_crop(112))  # type: ignore[arg-type]
    for one, two in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_crop_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(OptionError, match="cannot be larger than the picture"):
        five_crop(224, share=1.1)
    with pytest.raises(OptionError, match="all crops would be the same"):
        five_crop(224, share=1.0)
    with pytest.raises(OptionError, match="not smaller than the 4 px"):
        five_crop(4, share=0.9)
    with pytest.raises(OptionError, match=r"0\.5 to 1"):
        five_crop(224, share=0.2)
