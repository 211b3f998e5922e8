"""The shared operations, one by one, against Pillow and torchvision."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as old
from torchvision.transforms.v2 import functional as new

from linne.core.errors import InputError, OptionError
from linne.tricks.augment import _ops
from linne.tricks.augment._options import colour, number, pair, picture

RANDOM = np.random.default_rng(0).integers(0, 256, (37, 50, 3), np.uint8)
SMOOTH = np.asarray(Image.fromarray(RANDOM[:6, :7]).resize((50, 37), Image.Resampling.BICUBIC))
DARK = np.full((3, 4, 3), 7, np.uint8)
PICTURES = [RANDOM, SMOOTH, DARK]
TENSORS = [torch.from_numpy(np.ascontiguousarray(one.transpose(2, 0, 1))) for one in PICTURES]
FACTORS = np.linspace(0, 2, 23)
ENHANCE = {
    _ops.brightness: ImageEnhance.Brightness,
    _ops.contrast: ImageEnhance.Contrast,
    _ops.saturation: ImageEnhance.Color,
    _ops.sharpness: ImageEnhance.Sharpness,
}


@pytest.mark.parametrize("ours", ENHANCE, ids=lambda one: one.__name__)
def test_factors_are_pillow_s_to_the_byte(ours) -> None:
    for image in PICTURES:
        for factor in FACTORS:
            theirs = ENHANCE[ours](Image.fromarray(image)).enhance(float(factor))
            np.testing.assert_array_equal(ours(image, float(factor)), np.asarray(theirs))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (_ops.brightness, new.adjust_brightness), (_ops.contrast, new.adjust_contrast),
        (_ops.saturation, new.adjust_saturation), (_ops.sharpness, new.adjust_sharpness),
    ],
)  # fmt: skip
def test_factors_are_torchvision_s_but_for_rounding(ours, theirs) -> None:
    """Its tensors keep the mean and the luma unrounded, so values may differ by what that is worth."""
    for image, tensor in zip(PICTURES, TENSORS, strict=True):
        for factor in FACTORS:
            gap = ours(image, factor).astype(int) - theirs(tensor, float(factor)).numpy().transpose(1, 2, 0)
            assert np.abs(gap).max() <= 2


def test_hue_is_torchvision_s_of_a_pillow_image() -> None:
    for image in PICTURES:
        for turn in (-0.5, -0.3, -0.001, 0.0, 0.004, 0.25, 0.5):
            theirs = np.asarray(new.adjust_hue(Image.fromarray(image), turn))
            np.testing.assert_array_equal(_ops.hue(image, turn), theirs)


def test_tables_of_values() -> None:
    for image, tensor in zip(PICTURES, TENSORS, strict=True):
        for bits in range(1, 9):
            np.testing.assert_array_equal(_ops.posterise(image, bits), ImageOps.posterize(Image.fromarray(image), bits))
            np.testing.assert_array_equal(
                _ops.posterise(image, bits), new.posterize(tensor, bits).numpy().transpose(1, 2, 0)
            )
        for threshold in (0, 1, 127.5, 128, 255, 256):
            theirs = ImageOps.solarize(Image.fromarray(image), threshold)
            np.testing.assert_array_equal(_ops.solarise(image, threshold), theirs)
        np.testing.assert_array_equal(_ops.invert(image), ImageOps.invert(Image.fromarray(image)))
        np.testing.assert_array_equal(_ops.autocontrast(image), ImageOps.autocontrast(Image.fromarray(image)))
        np.testing.assert_array_equal(_ops.equalise(image), ImageOps.equalize(Image.fromarray(image)))
        np.testing.assert_array_equal(_ops.equalise(image), new.equalize(tensor).numpy().transpose(1, 2, 0))
    table = np.arange(256)[::-1]
    np.testing.assert_array_equal(_ops.tabled(RANDOM, table), table[RANDOM])
    three = np.stack([np.roll(table, by) for by in (0, 9, 99)])
    np.testing.assert_array_equal(_ops.tabled(RANDOM, three), three[np.arange(3), RANDOM])


def test_grey_is_the_luma() -> None:
    luma = RANDOM @ np.array([0.299, 0.587, 0.114])
    assert np.abs(_ops.grey(RANDOM) - luma[..., None]).max() <= 0.51
    np.testing.assert_array_equal(_ops.grey(_ops.grey(RANDOM)), _ops.grey(RANDOM))


@pytest.mark.parametrize("smooth", [False, True])
def test_affine_maps_are_torchvision_s(smooth: bool) -> None:
    draw = np.random.default_rng(1)
    how = InterpolationMode.BILINEAR if smooth else InterpolationMode.NEAREST
    for _ in range(20):
        degrees, scale, shear = draw.uniform(-180, 180), draw.uniform(0.5, 2), draw.uniform(-40, 40, 2).tolist()
        shift = draw.integers(-20, 20, 2).tolist()
        theirs = old.affine(Image.fromarray(SMOOTH), degrees, shift, scale, shear, interpolation=how, fill=[9, 8, 7])
        ours = _ops.warp(
            SMOOTH, _ops.affine(SMOOTH.shape, degrees, tuple(shift), scale, tuple(shear)), (9, 8, 7), smooth
        )
        assert (ours != np.asarray(theirs)).mean() < 0.002, "a place on the edge between two pixels may fall either way"


def test_no_change_is_none() -> None:
    for image in PICTURES:
        np.testing.assert_array_equal(_ops.warp(image, _ops.affine(image.shape), (0, 0, 0)), image)
        np.testing.assert_array_equal(_ops.solarise(image, 256), image)
        np.testing.assert_array_equal(_ops.posterise(image, 8), image)
        for factor in ENHANCE:
            np.testing.assert_array_equal(factor(image, 1.0), image)


def test_the_mean_colour_is_the_mean() -> None:
    for image in PICTURES:
        assert colour("x", image, "mean") == tuple(np.rint(image.mean((0, 1))).astype(int))
    assert colour("x", RANDOM, 7) == (7, 7, 7)
    assert colour("x", RANDOM, (1, 2, 3)) == (1, 2, 3)
    for wrong in ("white", 256, (1, 2), (1, 2, -1), 0.5, None):
        with pytest.raises(OptionError, match="x: fill"):
            colour("x", RANDOM, wrong)


def test_refusals_say_what_came_and_what_is_near() -> None:
    for value, near in ((3, "2"), (-1, "0"), (float("nan"), "0"), ("1", "0"), (None, "0"), (True, "1")):
        with pytest.raises(OptionError, match=rf"most is a number from 0 to 2, got .*nearest is {near}\."):
            number("x", 0, 2, most=value)
    with pytest.raises(OptionError, match=r"a whole number from 0 to 2, got 0\.5"):
        number("x", 0, 2, whole=True, most=0.5)
    with pytest.raises(OptionError, match=r"wrong way round. Write \(1, 2\)"):
        pair("x", 0, 2, area=(2, 1))
    with pytest.raises(OptionError, match="two numbers"):
        pair("x", 0, 2, area=1)
    for wrong in (RANDOM[..., :1], RANDOM[..., 0], RANDOM.astype(float), RANDOM[:0]):
        with pytest.raises(InputError, match="x: expected a picture"):
            picture("x", wrong)
