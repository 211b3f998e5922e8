"""five_crop against torchvision's five and ten crops, each once in five or ten epochs."""

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms.v2 import functional as F

from linne.core.errors import InputError, OptionError
from linne.tricks.augment.five_crop import five_crop

IMAGE = np.random.default_rng(0).integers(0, 256, (41, 32, 3), np.uint8)


def rows(crops: list[np.ndarray]) -> list[bytes]:
    return sorted(np.ascontiguousarray(crop).tobytes() for crop in crops)


@pytest.mark.parametrize("content", [b"\0", b"\3", b"\xff"])
def test_all_of_torchvision_s_in_turn(content: bytes) -> None:
    """28 px of a picture whose shorter side is 32: nothing is resized."""
    plain = [np.asarray(one) for one in F.five_crop(Image.fromarray(IMAGE), [28, 28])]
    mine = [five_crop(IMAGE, 28, epoch, content) for epoch in range(5)]
    assert rows(mine) == rows(plain)
    both = [np.asarray(one) for one in F.ten_crop(Image.fromarray(IMAGE), [28, 28])]
    assert rows([five_crop(IMAGE, 28, epoch, content, mirror=True) for epoch in range(10)]) == rows(both)
    np.testing.assert_array_equal(five_crop(IMAGE, 28, 7, content), five_crop(IMAGE, 28, 2, content))


def test_other_sides_are_resized() -> None:
    """A quarter of a picture of four flat quarters is flat."""
    quarters = np.zeros((40, 40, 3), np.uint8)
    quarters[:20, 20:], quarters[20:, :20], quarters[20:, 20:] = 50, 100, 150
    found = [five_crop(quarters, 12, epoch, share=0.5) for epoch in range(5)]
    assert all(one.shape == (12, 12, 3) for one in found)
    flat = sorted(int(one.max()) for one in found if one.min() == one.max())
    assert flat == [0, 50, 100, 150]


def test_refuses() -> None:
    with pytest.raises(OptionError, match=r"share is a number from 0\.1 to 1, got 1\.2"):
        five_crop(IMAGE, 28, share=1.2)
    with pytest.raises(InputError, match="five_crop: expected a picture"):
        five_crop(IMAGE[..., 0], 28)
