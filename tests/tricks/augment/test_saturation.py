from _enhance import proved
from PIL import ImageEnhance

from linne.tricks.augment.saturation import saturation


def test_factors_are_even_and_pictures_pillow_s() -> None:
    proved(saturation, ImageEnhance.Color)
