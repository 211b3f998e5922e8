from _enhance import proved
from PIL import ImageEnhance

from linne.tricks.augment.sharpen import sharpen


def test_factors_are_even_and_pictures_pillow_s() -> None:
    proved(sharpen, ImageEnhance.Sharpness)
