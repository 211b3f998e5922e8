"""measure(): every figure against its definition, recomputed with numpy on the full picture."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from linne.core.decode import decode
from linne.core.facts import FACT
from linne.core.measure import content_hash, measure


def scene(high: int = 400, wide: int = 533, sharp: float = 1.0) -> np.ndarray:
    y, x = np.mgrid[:high, :wide]
    level = 120 + 80 * np.sin(x / 25) * np.cos(y / 31) + sharp * 20 * (((x // 9) + (y // 9)) % 2)
    return np.stack([level, level * 0.7 + 20, 200 - level * 0.5], -1).clip(0, 255).astype(np.uint8)


def saved(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def look(pixels: np.ndarray) -> np.ndarray:
    return measure("a", decode(pixels), pixels)[0]


def luma(pixels: np.ndarray) -> np.ndarray:
    return pixels @ np.array([0.299, 0.587, 0.114])


def test_every_field_is_filled() -> None:
    data = saved(scene(), "JPEG", quality=77)
    fact, thumb, small = measure("folder/a.JPG", decode(data), data)
    assert fact.dtype == FACT
    assert fact["hash"].tobytes() == hashlib.blake2b(data, digest_size=16).digest()
    assert fact["bytes"] == len(data)
    assert fact["format"] == b"JPEG"
    assert fact["mode"] == b"RGB"
    assert (fact["width"], fact["height"], fact["orientation"], fact["frames"]) == (533, 400, 1, 1)
    assert fact["quality"] == 77
    assert not fact["suffix_wrong"]
    assert not fact["alpha"]
    assert fact["reason"] == b""
    assert np.isnan(fact["taken"])
    figures = [name for name in FACT.names if FACT[name].base.kind == "f" and name != "taken"]
    assert np.isfinite(np.concatenate([np.ravel(fact[name]) for name in figures])).all()
    assert (thumb.shape, thumb.dtype) == ((64, 64), np.uint8)
    assert (small.shape, small.dtype) == ((8, 8, 3), np.uint8)


def test_figures_agree_with_the_full_picture() -> None:
    pixels = scene()
    fact, level = look(pixels), luma(pixels) / 255
    assert fact["brightness"] == pytest.approx(level.mean(), abs=0.004)
    assert fact["contrast"] == pytest.approx(level.std(), abs=0.01)
    assert fact["p01"] == pytest.approx(np.quantile(level, 0.01), abs=0.02)
    assert fact["p99"] == pytest.approx(np.quantile(level, 0.99), abs=0.02)
    assert fact["colour"] == pytest.approx(pixels.mean((0, 1)) / 255, abs=0.004)
    high = pixels.max(2).astype(float)
    assert fact["saturation"] == pytest.approx(((high - pixels.min(2)) / high).mean(), abs=0.01)


def test_entropy_of_known_histograms() -> None:
    assert look(np.full((300, 300, 3), 50, np.uint8))["entropy"] == 0
    quarters = np.zeros((224, 224, 3), np.uint8)
    quarters[:112] += 40
    quarters[:, :112] += 90
    assert look(quarters)["entropy"] == pytest.approx(2)
    assert look(np.repeat(np.arange(224, dtype=np.uint8), 224 * 3).reshape(224, 224, 3))["entropy"] == pytest.approx(
        np.log2(224)
    )


def test_sharpness_is_the_variance_of_the_laplacian() -> None:
    pixels = scene(224, 300)
    level = np.asarray(Image.fromarray(pixels).convert("L")).astype(float)
    bend = level[:-2, 1:-1] + level[2:, 1:-1] + level[1:-1, :-2] + level[1:-1, 2:] - 4 * level[1:-1, 1:-1]
    assert look(pixels)["sharpness"] == pytest.approx(bend.var(), rel=1e-4)


def test_blur_lowers_sharpness_at_every_size() -> None:
    for high, wide in ((120, 160), (400, 533), (1100, 1500)):
        assert look(scene(high, wide, 0))["sharpness"] < 0.5 * look(scene(high, wide))["sharpness"]


def test_border_is_the_outermost_three_percent() -> None:
    pixels = np.full((640, 640, 3), 30, np.uint8)
    pixels[20:-20, 20:-20] = 200
    assert look(pixels)["border"] == pytest.approx([30 / 255] * 3, abs=0.002)
    assert look(pixels)["colour"] == pytest.approx(pixels.mean((0, 1)) / 255, abs=0.002)


def test_thumb_is_the_whole_picture_squashed_and_turned() -> None:
    pixels = np.zeros((640, 320, 3), np.uint8)
    pixels[:320] = 255
    _, thumb, small = measure("a.png", decode(pixels), pixels)
    assert (thumb[:31] > 250).all()
    assert (thumb[33:] < 5).all()
    assert (small[:4] == 255).all()
    assert (small[4:] == 0).all()
    exif = Image.Exif()
    exif[274] = 6
    data = saved(pixels, exif=exif.tobytes())
    fact, thumb, _ = measure("a.png", decode(data), data)
    assert (thumb[:, 33:] > 250).all()
    assert (fact["width"], fact["height"], fact["orientation"]) == (640, 320, 6)


@pytest.mark.parametrize("shape", [(1, 1), (65535, 1), (1, 65535), (30, 20000), (2, 3), (223, 224)])
def test_any_shape_is_measured(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), (10, 200, 60), np.uint8)
    fact, thumb, small = measure("a", decode(pixels), pixels)
    assert fact["brightness"] == pytest.approx(luma(pixels[0, 0]) / 255, abs=0.003)
    assert fact["colour"] == pytest.approx(pixels[0, 0] / 255, abs=1e-4)
    assert fact["sharpness"] == pytest.approx(0, abs=1e-6)
    assert len(np.unique(thumb)) == 1
    assert (small == pixels[0, 0]).all()


def test_an_unreadable_picture_has_its_reason_and_no_figures() -> None:
    fact, thumb, small = measure("a.jpg", None, b"hello", "not a picture: " + "ü" * 200)
    assert fact["reason"].item().decode().startswith("not a picture: ü")
    assert len(fact["reason"].item()) <= 160
    assert fact["bytes"] == 5
    assert fact["hash"].tobytes() == content_hash(b"hello")
    assert fact["format"] == b""
    assert fact["suffix_wrong"]
    assert np.isnan(fact["brightness"])
    assert not thumb.any()
    assert not small.any()
    missing = measure("a.jpg", None, None, "permission denied")[0]
    assert missing["bytes"] == 0
    assert not missing["suffix_wrong"]
    assert missing["hash"].tobytes() == bytes(16)


@pytest.mark.parametrize(
    ("name", "kind", "wrong"),
    [("a.jpg", "PNG", True), ("a.jpeg", "JPEG", False), ("a.JPG", "JPEG", False), ("a", "PNG", False),
     ("a.tif", "TIFF", False), ("a.png", "WEBP", True), ("a.photo", "PNG", False), ("a.jpg/b.png", "PNG", False)],
)  # fmt: skip
def test_a_suffix_that_promises_another_format(name: str, kind: str, wrong: bool) -> None:
    data = saved(scene(40, 40), kind)
    assert measure(name, decode(data), data)[0]["suffix_wrong"] == wrong


def test_hash_of_arrays_is_by_shape_type_and_pixels() -> None:
    a = np.arange(24, dtype=np.uint8).reshape(4, 6)
    assert content_hash(a) == content_hash(a.copy(order="F"))
    assert content_hash(a.astype(">u2")) == content_hash(a.astype("<u2"))
    others = [a.reshape(6, 4), a.astype(np.int8), a.astype(np.uint16), a + 1, a[..., None]]
    assert len({content_hash(one) for one in [a, *others]}) == 6
    assert measure("a.jpg", decode(a), a)[0]["format"] == b"ARRAY"
    assert not measure("a.jpg", decode(a), a)[0]["suffix_wrong"]


def test_camera_and_time_are_carried() -> None:
    exif = Image.Exif()
    exif[271], exif[272], exif[306] = "Canon", "Canon EOS 5D", "2001:02:03 04:05:06"
    data = saved(scene(40, 40), "JPEG", exif=exif.tobytes())
    fact = measure("a.jpg", decode(data), data)[0]
    assert fact["camera"] == b"Canon EOS 5D"
    assert fact["taken"] == 981173106
