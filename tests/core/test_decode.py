"""decode(): reasons, limits, halves of pictures, scaled JPEG, and Pillow left as it was."""

import io
import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile, JpegImagePlugin

from linne.core import _pillow
from linne.core.decode import GREY, Limits, decode, encoded, sniff
from linne.core.errors import Unreadable


def picture(high: int = 120, wide: int = 160) -> np.ndarray:
    """A smooth ramp with some texture, RGB."""
    y, x = np.mgrid[:high, :wide]
    return np.stack([x % 256, (x + y) % 256, 128 + 60 * np.sin(x * y / 40)], -1).astype(np.uint8)


def saved(kind: str = "JPEG", pixels: np.ndarray | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture() if pixels is None else pixels).save(out, kind, **options)
    return out.getvalue()


def reason(item: object, **options: object) -> str:
    with pytest.raises(Unreadable) as caught:
        decode(item, **options)
    assert 0 < len(caught.value.reason.encode()) <= 160
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty file (0 bytes)"),
        (b"hello there, world", "not a picture: starts with 'hello there, wor'"),
        (b"<!DOCTYPE html>", "not a picture: starts with '<!DOCTYPE html>'"),
        ("Übersicht;Größe".encode(), "not a picture: starts with 'Übersicht;Grö"),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07\x08", "not a picture: starts with 00 01 02 03 04 05 06 07"),
        (b"%PDF-1.7", "not a picture: looks like a PDF"),
        (b"<svg xmlns='x'>", "not a picture: looks like an SVG drawing"),
        (b"PK\3\4\0\0", "not a picture: looks like a zip archive"),
        (saved()[:300], "JPEG: cut off before the picture begins"),
        (saved("PNG")[:20], "PNG: the header is cut off (20 bytes)"),
        (saved("TIFF")[:9], "truncated: the TIFF's directory at byte 8 is missing"),
        (saved("WEBP")[:-300], "missing, and half a WebP cannot be read"),
    ],
)
def test_reason_says_what_came(data: bytes, words: str) -> None:
    assert words in reason(data)


def test_sniff_knows_each_format_and_nothing_else() -> None:
    kinds = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
    assert [sniff(saved(kind)) for kind in kinds] == list(kinds)
    assert sniff(b"\0\0\0\x18ftypheic") == "HEIF"
    assert [sniff(data) for data in (b"", b"BM, dear sir or madam, I write", b"\0\0\0\x18ftypmp42", b"GIF90a")] == [
        ""
    ] * 4


def test_heif_without_its_extra_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    data = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0\0\0\x14ispe\0\0\0\0\0\0\0\x40\0\0\0\x40"
    assert "pip install 'linne[heif]'" in reason(data)


def test_limits_refuse_from_the_header() -> None:
    huge = bytearray(saved())
    at = huge.find(b"\xff\xc0")
    huge[at + 5 : at + 9] = b"\x4e\x20\x4e\x20"
    assert reason(bytes(huge)) == "20000 x 20000 pixels: over the limit of 64,000,000"
    assert "over the limit of 100" in reason(saved(), limits=Limits(pixels=100))
    assert "longer than 2 times" in reason(saved(pixels=picture(20, 60)), limits=Limits(aspect=2))
    assert "bytes: over the limit" in reason(saved(), limits=Limits(bytes=100))
    assert decode(saved(), limits=Limits(pixels=120 * 160)).width == 160
    assert "over the limit of 32,000,000 for WebP" in reason(resized_webp(8000, 8000))
    assert "over the limit" in reason(np.broadcast_to(np.uint8(0), (20000, 20000)))
    assert "over the limit" in reason(Image.new("L", (30, 30)), limits=Limits(pixels=899))


def resized_webp(wide: int, high: int) -> bytes:
    data = bytearray(saved("WEBP"))
    data[26:30] = wide.to_bytes(2, "little") + high.to_bytes(2, "little")
    return bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF"])
def test_a_cut_picture_keeps_its_rows_and_says_what_is_missing(kind: str) -> None:
    data = saved(kind)
    whole = decode(data).pixels
    part = decode(data[: len(data) * 96 // 100])
    gap = (part.pixels == GREY).all(-1) & (whole != GREY).any(-1)
    assert 0.01 < part.missing_share <= 0.1
    assert gap.mean() == pytest.approx(part.missing_share, abs=0.01)
    assert np.array_equal(part.pixels[~gap], whole[~gap])
    assert decode(data).missing_share == 0
    assert reason(data[: len(data) * 2 // 3]).startswith("truncated: ")
    limit = Limits(missing=part.missing_share * 0.99)
    assert reason(data[: len(data) * 96 // 100], limits=limit).startswith("truncated: ")


def test_share_missing_is_counted_exactly() -> None:
    data = saved("BMP", picture(100, 160))
    part = decode(data[: -160 * 3 * 7])
    assert part.missing_share == pytest.approx(0.07)
    assert (part.pixels[:7] == GREY).all()
    assert np.array_equal(part.pixels[7:], picture(100, 160)[7:])
    assert reason(data[: -160 * 3 * 43]) == "truncated: 43 % missing"


def test_jpeg_without_its_last_two_bytes_is_whole() -> None:
    for options in ({}, {"progressive": True}):
        data = saved(**options)
        assert np.array_equal(decode(data[:-2]).pixels, decode(data).pixels)
    assert decode(saved()[:-2]).missing_share == 0


def test_progressive_jpeg_loses_sharpness_not_rows() -> None:
    data = saved(progressive=True, quality=90)
    scans = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    late = decode(data[: (scans[-1] + len(data)) // 2])
    assert 0 < late.missing_share < 0.05
    assert np.abs(late.pixels.astype(int) - decode(data).pixels).max() < 60
    assert reason(data[: scans[0] + 200]).startswith("truncated: ")
    assert reason(data[: scans[1] + 30]).startswith("truncated: ")


def test_damaged_remarks_do_not_refuse_a_png() -> None:
    info = Image.Exif()
    info[274] = 6
    data = bytearray(saved("PNG", exif=info.tobytes()))
    data[data.find(b"eXIf") + 6] ^= 1
    assert np.array_equal(decode(bytes(data)).pixels, picture())


def test_second_decoder_reads_what_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [saved(), saved(pixels=picture()[..., 0]), saved(progressive=True), saved(quality=40, subsampling=2)]
    fast = [decode(data, least=least).pixels for data in files for least in (None, 50, 25)]
    monkeypatch.setattr("simplejpeg.decode_jpeg", lambda *_, **__: (_ for _ in ()).throw(ValueError("no")))
    slow = [decode(data, least=least).pixels for data in files for least in (None, 50, 25)]
    assert all(np.array_equal(a, b) for a, b in zip(fast, slow, strict=True))


@pytest.mark.parametrize(
    ("size", "least", "shape"),
    [
        ((1200, 1600), None, (1200, 1600)),
        ((1200, 1600), 601, (1200, 1600)),
        ((1200, 1600), 600, (600, 800)),
        ((1200, 1600), 300, (300, 400)),
        ((1200, 1600), 9, (150, 200)),
        ((1204, 1600), 9, (301, 400)),
        ((1200, 1601), 9, (1200, 1601)),
    ],
)
def test_scaled_decode_never_goes_below_least(size: tuple, least: int | None, shape: tuple) -> None:
    got = decode(saved(pixels=picture(*size)), least=least)
    assert got.pixels.shape == (*shape, 3)
    assert (got.height, got.width) == size


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(saved())
    assert decode(tmp_path / "a.jpg").format == "JPEG"
    assert decode(str(tmp_path / "a.jpg")).format == "JPEG"
    assert reason(tmp_path / "missing.jpg") == "no such file or directory"
    assert reason(tmp_path) in ("not a regular file", "is a directory", "permission denied")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    assert reason(tmp_path / "link.jpg") == "no such file or directory"
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(70 << 20)
    assert reason(tmp_path / "large.jpg").startswith("more than 67,108,864 bytes")
    assert len(encoded(tmp_path / "large.jpg")) == (64 << 20) + 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason(tmp_path / "pipe.jpg") == "not a regular file"


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved())
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser may read everything
        monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    assert reason(path) == "permission denied"


@pytest.mark.parametrize(
    "item",
    [None, 3, [1, 2], np.zeros((2, 2, 2)), np.zeros(5), np.zeros((0, 4)), np.array([["a"]]), np.zeros((3, 4, 5, 6)),
     np.zeros((2, 2), complex), np.zeros((2, 2), object)],
)  # fmt: skip
def test_what_is_no_picture_at_all(item: object) -> None:
    assert reason(item)


def test_channels_first_is_named() -> None:
    assert "channels come last" in reason(np.zeros((3, 32, 32)))


def test_pillow_is_left_as_it_was() -> None:
    before = (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, dict(Image.OPEN), list(Image.ID))
    for kind in ("JPEG", "PNG", "GIF", "TIFF", "WEBP"):
        data = saved(kind)
        decode(data)
        reason(data[: len(data) // 2])
    assert (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, dict(Image.OPEN), list(Image.ID)) == before


def test_pillows_own_switches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = saved("PNG")[:-9000]
    words = reason(cut)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert np.array_equal(decode(saved("PNG")).pixels, picture())
    assert reason(cut) == words


def test_warnings_as_errors_do_not_make_a_picture_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(*_: object) -> None:
        warnings.warn("odd but legal", UserWarning)

    monkeypatch.setattr(_pillow, "_ready", lambda *a, ready=_pillow._ready: (warn(), ready(*a))[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(decode(saved("PNG")).pixels, picture())
    monkeypatch.undo()
    bent = saved("TIFF", tiffinfo={65000: "x" * 50})
    at = bent.index((65000).to_bytes(2, "little"))
    bent = bent[: at + 8] + b"\xff\xff\xff\x7f" + bent[at + 12 :]  # a tag that points outside: Pillow warns
    with pytest.warns(UserWarning, match="Truncated File Read"):
        Image.open(io.BytesIO(bent)).load()
    assert np.array_equal(decode(bent).pixels, picture())


def test_many_threads_read_the_same() -> None:
    profile = np.random.default_rng(0).integers(0, 256, 600, dtype=np.uint8).tobytes()
    files = [
        saved(),
        saved("PNG"),
        saved("PNG")[:-900],
        saved("GIF"),
        saved("WEBP"),
        saved("TIFF", icc_profile=profile),
    ]
    alone = [decode(data).pixels for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda n: decode(files[n % len(files)]).pixels, range(120)))
    assert all(np.array_equal(got, alone[n % len(files)]) for n, got in enumerate(together))


def test_quality_is_the_encoders() -> None:
    told = [decode(saved(quality=quality)).quality for quality in range(1, 101)]
    assert told == list(range(1, 101))
    assert np.isnan(decode(saved("PNG")).quality)


def test_a_header_that_lies_to_one_parser_only() -> None:
    """A second size hidden in a remark: only libjpeg's own reading decides what is allocated."""
    real = saved()
    false = b"\xff\xc0\0\x11\x08\xff\xdc\xff\xdc\3\1\x22\0\2\x11\1\3\x11\1"
    assert decode(real[:2] + b"\xff\xfe" + (len(false) + 2).to_bytes(2, "big") + false + real[2:]).width == 160
    assert reason(real[:2] + false + real[2:])


def test_jpeg_plugin_still_has_what_scaled_decoding_needs() -> None:
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(saved(pixels=picture(800, 1000))))
    image.draft(None, (250, 200))
    assert image.size == (250, 200)
