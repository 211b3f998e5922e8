from PIL import ImageEnhance

from linne.tricks.augment.contrast import contrast
from tests.tricks.augment._enhance import proved


def test_factors_are_even_and_pictures_pillow_s() -> None:
    proved(contrast, ImageEnhance.Contrast)
