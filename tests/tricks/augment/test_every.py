"""What every augment trick keeps, met by names()."""

import inspect

import numpy as np
import pytest

from linne.core.errors import InputError, LinneError
from linne.core.lookup import find, names, offer
from linne.core.rng import rng

NAMES = sorted(set(names("augment")) - {"albumentations"})
"""All but the one that needs an extra and a pipeline."""
SHAPES = [(1, 1), (1, 9), (40, 3), (64, 90), (224, 160)]


def picture(high: int, wide: int) -> np.ndarray:
    return np.random.default_rng(high).integers(0, 256, (high, wide, 3), np.uint8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_picture_comes_out_and_the_given_one_stays(name: str, shape: tuple[int, int]) -> None:
    trick = find("augment", name)
    for seed in range(12):
        given = picture(*shape)[:, ::-1]  # not in one piece, as flip leaves it
        kept = given.copy()
        try:
            first, again = (offer(trick, image=given, rng=rng(seed), size=32, epoch=0, content=b"a") for _ in range(2))
        except LinneError:
            assert name == "shift", "only a move can be too large for a picture"
            assert min(shape) < 4
            continue
        assert first.dtype == np.uint8
        assert first.ndim == 3
        assert first.shape[2] == 3
        assert 0 not in first.shape
        np.testing.assert_array_equal(first, again)
        np.testing.assert_array_equal(given, kept)


@pytest.mark.parametrize("name", NAMES)
def test_draws_differ_where_there_are_any(name: str) -> None:
    trick = find("augment", name)
    found = {
        np.ascontiguousarray(
            offer(trick, image=picture(48, 48), rng=rng(seed), size=32, epoch=0, content=b"a")
        ).tobytes()
        for seed in range(60)
    }
    draws = "rng" in inspect.signature(trick).parameters and name != "pad_square"  # a square picture has no bars
    assert (len(found) > 1) == draws


@pytest.mark.parametrize("name", ["saturation", "hue", "grey", "channel_shuffle", "auto", "lighting"])
def test_one_channel_is_refused_under_colour_tricks(name: str) -> None:
    with pytest.raises(InputError, match=rf"{name}: expected a picture \(H, W, 3\) of uint8, got \(8, 9, 1\)"):
        offer(find("augment", name), image=picture(8, 9)[..., :1], rng=rng(0), size=32)


@pytest.mark.parametrize("name", ["saturation", "hue", "channel_shuffle(p=1)", "grey(p=1)"])
def test_a_grey_picture_stays_grey_and_itself(name: str) -> None:
    grey = np.repeat(picture(20, 20)[..., :1], 3, 2)
    for seed in range(5):
        np.testing.assert_array_equal(offer(find("augment", name), image=grey, rng=rng(seed), size=32), grey)


PLAIN = [
    "brightness(most=0)", "contrast(most=0)", "saturation(most=0)", "hue(most=0)", "gamma(most=1)", "sharpen(most=0)",
    "lighting(std=0)", "lighting(std=0, of=picture)", "salt_pepper(share=0)", "cutout(share=0)", "noise(std=0)",
    "rotate(degrees=0)", "affine(0, 0, 0, 0)", "scale(least=1, most=1)", "perspective(strength=0, p=1)",
    "elastic(std=0)", "motion_blur(most=0, p=1)", "blur(least=0, most=0, p=1)", "posterise(bits=(8, 8), p=1)",
    "solarise(threshold=256, p=1)", "grid_mask(keep=1, p=1)", "hide_and_seek(p=0)", "hide_and_seek(cells=1)",
    "crop(side=1.0)", "crop(side=40)", "pad_square", "rotate90(degrees=0)", "resized_crop((1, 1), (1, 1))",
    *(f"{name}(p=0)" for name in ("grey", "channel_shuffle", "equalise", "posterise", "solarise", "jpeg", "erase")),
]  # fmt: skip


@pytest.mark.parametrize("spec", PLAIN)
def test_no_strength_is_the_picture_exactly(spec: str) -> None:
    image = picture(40, 40)
    for seed in range(4):
        np.testing.assert_array_equal(offer(find("augment", spec), image=image, rng=rng(seed), size=40), image)


REFUSED = [
    "brightness(2)", "brightness(x)", "contrast(-1)", "saturation(none)", "hue(0.6)", "gamma(.5)", "sharpen(true)",
    "lighting(std=-1)", "lighting(of=mine)", "salt_pepper(2)", "cutout(share=3)", "cutout(fill=white)", "scale(0)",
    "scale(1.2, 1.1)", "perspective(1)", "perspective(p=2)", "elastic(1)", "elastic(knots=0)", "motion_blur(-1)",
    "blur(3, 2)", "posterise((0, 4))", "posterise((5, 4))", "posterise(4)", "solarise(300)", "grid_mask(keep=2)",
    "grid_mask((0, 1))", "hide_and_seek(0)", "hide_and_seek(())", "hide_and_seek(p=7)", "crop(1.5)", "crop(41)",
    "crop(0)", "crop(side=42, pad=-1)", "crop(fill=edge)", "crop(pad=40)", "crop(fill=red, pad=1)",
    "pad_square(place=left)",
    "letterbox(fill=300)", "rotate90(45)", "rotate90(())", "resized_crop((0, 1))", "resized_crop(ratio=(2, 1))",
    "affine(degrees=200)", "affine(shift=2)", "affine(scale=1)", "affine(shear=90)", "shot(0)", "jpeg((0, 50))",
    "erase(area=(.5, .2))", "erase(ratio=0)", "erase(fill=snow)", "auto(mnist)", "rand(0)", "rand(m=31)",
    "trivial(fill=a)",
    "augmix(11)", "augmix(width=0)", "augmix(depth=-1)", "augmix(alpha=0)", "three(2)", "plain(p=2)", "plain((0, 1))",
    "plain((.5, 1))",
]  # fmt: skip


@pytest.mark.parametrize("spec", REFUSED)
def test_a_wrong_option_names_the_trick_and_what_is_allowed(spec: str) -> None:
    name = spec.split("(")[0]
    with pytest.raises(LinneError, match=rf"^{name}: "):
        offer(find("augment", spec), image=picture(40, 50), rng=rng(0), size=40)
