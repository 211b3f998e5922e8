"""Geometry and prepare(): the resize that an exported graph repeats."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linne
from linne.core.decode import GREY, Geometry, decode, prepare
from linne.core.errors import OptionError


def texture(high: int, wide: int) -> np.ndarray:
    return np.random.default_rng(high * 7919 + wide).integers(0, 256, (high, wide, 3), dtype=np.uint8)


def weights(whole: int, start: float, length: float, size: int, kind: str) -> np.ndarray:
    """(size, whole): row i holds how much each source pixel gives to pixel i of the box start..start + length.

    Antialiased convolution (Pillow's Resample.c): the kernel is stretched by the scale where the picture shrinks.
    """
    scale = length / size
    stretch = max(scale, 1.0)
    reach = (2.0 if kind == "bicubic" else 1.0) * stretch
    centre = start + (np.arange(size) + 0.5) * scale
    first = np.maximum((centre - reach + 0.5).astype(int), 0)
    last = np.minimum((centre + reach + 0.5).astype(int), whole)
    place = np.arange(whole)
    x = np.abs((place - centre[:, None] + 0.5) / stretch)
    if kind == "bicubic":  # Keys 1981 with a = -0.5
        near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
        w = np.where(x < 1, near, np.where(x < 2, far, 0))
    else:
        w = np.maximum(1 - x, 0)
    w *= (place >= first[:, None]) & (place < last[:, None])
    w *= 2**22 / w.sum(1, keepdims=True)
    return np.where(w < 0, np.ceil(w - 0.5), np.floor(w + 0.5))


def twice(pixels: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Two matrix products, of whole numbers that float64 holds exactly, each rounded to uint8."""
    half = np.clip(np.floor(np.einsum("ow,hwc->hoc", across, pixels.astype(float)) / 2**22 + 0.5), 0, 255)
    return np.clip(np.floor(np.einsum("oh,hwc->owc", down, half) / 2**22 + 0.5), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["bicubic", "bilinear"])
@pytest.mark.parametrize(("high", "wide"), [(341, 256), (533, 400), (40, 60), (1000, 300), (224, 224)])
def test_crop_is_two_matrix_products(high: int, wide: int, kind: str) -> None:
    pixels = texture(high, wide)
    side = 0.875 * min(high, wide)
    across = weights(wide, round((wide - side) / 2), side, 64, kind)
    down = weights(high, round((high - side) / 2), side, 64, kind)
    assert np.array_equal(prepare(pixels, Geometry(size=64, interpolation=kind)), twice(pixels, across, down))


@pytest.mark.parametrize(("high", "wide"), [(341, 256), (100, 700), (31, 30)])
def test_squash_and_letterbox_show_the_whole(high: int, wide: int) -> None:
    pixels = texture(high, wide)
    across, down = weights(wide, 0, wide, 48, "bicubic"), weights(high, 0, high, 48, "bicubic")
    assert np.array_equal(prepare(pixels, Geometry(48, "squash")), twice(pixels, across, down))
    boxed = prepare(pixels, Geometry(48, "letterbox"))
    size = round(48 * wide / max(high, wide)), round(48 * high / max(high, wide))
    left, top = (48 - size[0]) // 2, (48 - size[1]) // 2
    across, down = weights(wide, 0, wide, size[0], "bicubic"), weights(high, 0, high, size[1], "bicubic")
    inner = boxed[top : top + size[1], left : left + size[0]]
    assert np.array_equal(inner, twice(pixels, across, down))
    bars = np.ones((48, 48), bool)
    bars[top : top + size[1], left : left + size[0]] = False
    assert (boxed[bars] == GREY).all()


def test_a_crop_alone_changes_no_pixel() -> None:
    """256 px on the short side and a crop of 224: torchvision's centre crop, to the pixel, for odd rests too."""
    for high, wide in ((256, 341), (341, 256), (256, 256), (256, 383)):
        pixels = texture(high, wide)
        top, left = round((high - 224) / 2), round((wide - 224) / 2)
        assert np.array_equal(prepare(pixels), pixels[top : top + 224, left : left + 224])


def test_cutting_out_first_changes_nothing() -> None:
    """Only pixels within the filter's reach are handed to Pillow; the whole picture gives the same."""
    for high, wide, size in ((500, 300, 64), (333, 1000, 96), (97, 61, 224), (20, 3000, 32)):
        pixels = texture(high, wide)
        side = 0.875 * min(high, wide)
        left, top = round((wide - side) / 2), round((high - side) / 2)
        box = (left, top, left + side, top + side)
        half = Image.fromarray(pixels).resize((size, high), Image.Resampling.BICUBIC, box=(box[0], 0, box[2], high))
        whole = half.resize((size, size), Image.Resampling.BICUBIC, box=(0, box[1], size, box[3]))
        assert np.array_equal(prepare(pixels, Geometry(size)), np.asarray(whole))


def test_one_colour_stays_that_colour() -> None:
    for shape in ((1, 1), (65535, 1), (1, 65535), (30, 20000), (7, 900)):
        for fit in ("crop", "squash", "letterbox"):
            got = prepare(np.full((*shape, 3), 77, np.uint8), Geometry(32, fit))
            assert got.shape == (32, 32, 3)
            assert set(np.unique(got)) <= {77, GREY}
            assert (got == 77).any()
    assert (prepare(np.full((9, 900, 3), 77, np.uint8), Geometry(32, "crop")) == 77).all()


def test_long_pictures_are_cut_to_eight_to_one() -> None:
    pixels = texture(10, 400)
    half = Image.fromarray(pixels).resize((40, 10), Image.Resampling.BICUBIC, box=(160, 0, 240, 10))
    squashed = np.asarray(half.resize((40, 40), Image.Resampling.BICUBIC))
    assert np.array_equal(prepare(pixels, Geometry(40, "squash")), squashed)
    boxed = prepare(pixels, Geometry(40, "letterbox"))
    assert (boxed[:17] == GREY).all()
    assert (boxed[17:22] != GREY).any(axis=(1, 2)).all()
    assert (boxed[22:] == GREY).all()


MEMORY = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
from linne.core.decode import Geometry, prepare

def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])

def grown(work):
    Path("/proc/self/clear_refs").write_text("5")
    start = peak()
    work()
    return peak() - start

pixels = np.full((int(sys.argv[1]), int(sys.argv[2]), 3), 7, np.uint8)
prepare(pixels[:300, :300])
print(max(grown(lambda: prepare(pixels, Geometry(fit=fit))) for fit in ("crop", "squash", "letterbox")))
print(grown(lambda: Image.fromarray(pixels).resize((16, 16 * len(pixels)))))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read from Linux's /proc")
def test_long_pictures_need_little_memory() -> None:
    environment = {"PYTHONPATH": str(Path(linne.__file__).parent.parent), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", MEMORY, "65535", "1"]
    ours, plain = map(int, subprocess.run(command, capture_output=True, check=True, env=environment).stdout.split())
    assert ours <= 4 * 224 * 224 * 3 / 1024
    assert plain > 50_000  # what bringing the short side to no more than 16 pixels costs: the measure measures


def test_scaled_decoding_hardly_moves_the_input() -> None:
    """At 3.1 times the side: a mean difference of a fraction of a grey level, on a picture with fine grain."""
    y, x = np.mgrid[:1600, :2100]
    smooth = 128 + 60 * np.sin(x / 90) + 50 * np.cos(y / 70)
    grain = np.random.default_rng(0).normal(0, 6, smooth.shape)
    out = io.BytesIO()
    Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8)).convert("RGB").save(out, "JPEG", quality=90)
    geometry = Geometry()
    scaled = decode(out.getvalue(), least=geometry.least)
    assert scaled.pixels.shape[:2] == (800, 1050)
    far = np.abs(prepare(scaled.pixels).astype(int) - prepare(decode(out.getvalue()).pixels))
    assert far.mean() < 0.5
    assert far.max() <= 4


def test_least_is_almost_three_times_the_side() -> None:
    assert Geometry().least == 743
    assert Geometry(crop=1.0).least == 650
    assert Geometry(fit="squash").least == Geometry(fit="letterbox").least == 650
    assert Geometry(100, crop=0.3).least == 967
    assert Geometry().least <= 3024 / 4


def test_keys_tell_geometries_apart() -> None:
    made = [Geometry(), Geometry(crop=1.0), Geometry(size=256), Geometry(fit="squash"), Geometry(fit="letterbox"),
            Geometry(interpolation="bilinear")]  # fmt: skip
    assert Geometry().key() == "crop0.875-224-bicubic"
    assert Geometry(fit="squash").key() == "squash-224-bicubic"
    assert len({geometry.key() for geometry in made}) == len(made)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fit": "crob"}, "Did you mean 'crop'?"),
        ({"interpolation": "bicubc"}, "Did you mean 'bicubic'?"),
        ({"size": 0}, "1 to 4096"),
        ({"size": 22.5}, "1 to 4096"),
        ({"crop": 0}, "above 0 up to 1"),
        ({"crop": 1.2}, "above 0 up to 1"),
        ({"fit": "squash", "crop": 0.5}, "has no effect"),
    ],
)
def test_wrong_options_are_named(options: dict, words: str) -> None:
    with pytest.raises(OptionError, match=words.replace("?", r"\?")):
        Geometry(**options)
