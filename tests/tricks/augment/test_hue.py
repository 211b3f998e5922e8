import colorsys

import numpy as np
from PIL import Image
from torchvision.transforms.v2 import functional as theirs

from linne.core.rng import rng
from linne.tricks.augment.hue import hue

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
RED = np.full((1, 1, 3), (255, 0, 0), np.uint8)


class Fixed:
    def __init__(self, value: float) -> None:
        self.value = value

    def uniform(self, low: float, high: float) -> float:
        return low + self.value * (high - low)


def test_pixels_are_torchvision_s_of_a_pillow_image() -> None:
    for value in (0.0, 0.3, 0.9):
        known = theirs.adjust_hue(Image.fromarray(IMAGE), -0.4 + 0.8 * value)
        np.testing.assert_array_equal(hue(IMAGE, Fixed(value), most=0.4), np.asarray(known))  # type: ignore[arg-type]


def test_a_third_of_the_circle_makes_red_green() -> None:
    out = hue(RED, Fixed((1 / 3 + 0.5) / 1), most=0.5)  # type: ignore[arg-type]
    np.testing.assert_allclose(out[0, 0], (0, 255, 0), atol=6)


def test_turns_are_even() -> None:
    drawn = []
    for seed in range(300):
        h, s, v = colorsys.rgb_to_hsv(*(hue(RED, rng(seed), most=0.2)[0, 0] / 255))
        assert s > 0.98
        assert v > 0.98
        drawn.append((h + 0.5) % 1 - 0.5)
    assert np.abs(drawn).max() < 0.21
    assert abs(np.mean(drawn)) < 4 * 0.2 / np.sqrt(3 * 300)
    assert abs(np.std(drawn) - 0.2 / np.sqrt(3)) < 0.015
