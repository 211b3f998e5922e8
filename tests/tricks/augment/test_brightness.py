from PIL import ImageEnhance

from linne.tricks.augment.brightness import brightness
from tests.tricks.augment._enhance import proved


def test_factors_are_even_and_pictures_pillow_s() -> None:
    proved(brightness, ImageEnhance.Brightness)
