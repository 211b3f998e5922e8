import numpy as np
import pytest
from PIL import Image
from torchvision.transforms.v2 import functional as theirs

from linne.core.rng import rng
from linne.tricks.augment._ops import warp
from linne.tricks.augment.perspective import _homography, perspective

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


def test_four_points_go_to_four_points() -> None:
    draw = np.random.default_rng(0)
    for _ in range(20):
        start, end = draw.uniform(0, 50, (2, 4, 2))
        a, b, c, d, e, f, g, h = _homography(start, end)
        for (x, y), to in zip(start, end, strict=True):
            deep = g * x + h * y + 1
            np.testing.assert_allclose([(a * x + b * y + c) / deep, (d * x + e * y + f) / deep], to, rtol=1e-6)


def test_pixels_are_torchvision_s() -> None:
    start, end = [[0, 0], [49, 0], [49, 39], [0, 39]], [[4, 3], [44, 6], [47, 33], [1, 37]]
    known = theirs.perspective(Image.fromarray(IMAGE), start, end, fill=[5, 6, 7])
    ours = warp(IMAGE, _homography(np.array(end, float), np.array(start, float)), (5, 6, 7))
    assert np.abs(ours.astype(int) - known).max() <= 1, "its eight numbers are of single precision"


def test_corners_move_inwards_by_up_to_the_share() -> None:
    """Of a white picture on black: nothing is lost, and each corner's column ends within the share."""
    white, ends = np.full((200, 100, 3), 255, np.uint8), []
    for seed in range(300):
        out = perspective(white, rng(seed), strength=0.4, p=1, fill=0)[..., 0] > 127
        y, x = np.nonzero(out)
        assert out[100, 50]
        upper = y + x  # the pixel nearest to the upper left corner along the diagonal
        at = upper.argmin()
        ends.append((x[at] / 50, y[at] / 100))
    ends = np.array(ends)
    assert ends.max() < 0.42
    assert ends.mean(0)[0] == pytest.approx(0.2, abs=0.05)


def test_a_share_p_is_moved() -> None:
    moved = sum(not np.array_equal(perspective(IMAGE, rng(seed), p=0.3), IMAGE) for seed in range(500))
    assert abs(moved - 150) < 4 * np.sqrt(500 * 0.3 * 0.7)
