"""What a picture's first bytes say, read without a decoder and without allocating more than is there.

Sizes, EXIF and JPEG tables are read here rather than by Pillow, so that a picture is refused by its header before any
library sees it, and because Pillow's own EXIF reader takes as long as decoding a small picture.
"""

import re
import struct
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from .errors import Unreadable

FOREIGN = (
    (b"%PDF", "a PDF"), (b"PK\3\4", "a zip archive"), (b"\x1f\x8b", "a gzip archive"), (b"8BPS", "a Photoshop file"),
    (b"\0\0\1\0", "an icon"), (b"\0\0\0\x0cjP  ", "JPEG 2000"), (b"\xffO\xffQ", "JPEG 2000"), (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"<svg", "an SVG drawing"), (b"RIFF", "a sound or a film"), (b"MZ", "a program"),
    (b"\x1aE\xdf\xa3", "a film"), (b"\x7fELF", "a program"), (b"SIMPLE", "FITS"), (b"\x93NUMPY", "a numpy array"),
)  # fmt: skip
MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
"""A JPEG marker with a body, or the end."""
SEGMENTS, SCANNED, CHUNKS, TAGS, STRIPS, PAGES = 5_000, 1_600_000_000, 100_000, 5_000, 200_000, 9_999
"""More header segments or scans times pixels in a JPEG, chunks in a PNG, tags or strips in a TIFF are a bomb: they cost
time that neither the file's size nor the picture's shows. Frames and pages are counted up to PAGES."""


@dataclass(frozen=True)
class Header:
    """One picture's header. width, height: as stored, before any EXIF transpose. frames: 0 where Pillow must tell.

    scans: of a progressive JPEG, else 0. span: what a TIFF of numbers calls black and white.
    """

    format: str
    width: int
    height: int
    frames: int = 1
    orientation: int = 1
    taken: float = float("nan")
    camera: str = ""
    quality: float = float("nan")
    components: int = 0
    scans: int = 0
    icc: bytes = b""
    span: tuple[float, float] | None = None


def sniff(data: bytes) -> str:
    """JPEG PNG WEBP GIF BMP TIFF HEIF AVIF by the first bytes, or "" for anything else."""
    head = bytes(data[:32])
    if head[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if (
        head[:2] == b"BM"
        and len(data) >= 26
        and head[14] in (12, 40, 52, 56, 64, 108, 124)
        and head[15:18] == b"\0\0\0"
    ):
        return "BMP"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    return _boxed(data) if head[4:8] == b"ftyp" else ""


def _boxed(data: bytes) -> str:
    brands = bytes(data[8 : min(int.from_bytes(data[:4], "big"), 128)])
    found = {brands[at : at + 4] for at in (0, *range(8, len(brands), 4))}
    if found & {b"avif", b"avis"}:
        return "AVIF"
    return "HEIF" if found & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"} else ""


def unknown(data: bytes) -> str:
    """Why bytes that `sniff` does not know are no picture: short enough for a table."""
    if not data:
        return "empty file (0 bytes)"
    head = bytes(data[:16])
    for magic, name in FOREIGN:
        if head.startswith(magic):
            return f"not a picture: looks like {name}"
    text = head.decode("utf-8", "ignore")
    shown = (
        repr(text) if len(text) >= len(head) - 3 and text.strip() and text.replace("\n", " ").isprintable() else None
    )
    return f"not a picture: starts with {shown or head[:8].hex(' ')}"


def header(data: bytes, kind: str) -> Header:
    """The header of `data`, of the format that `sniff` told. Raises Unreadable where it is cut off."""
    try:
        return READERS[kind](data)
    except (struct.error, IndexError) as error:
        raise Unreadable(f"{kind}: the header is cut off ({len(data)} bytes)") from error


def _png(data: bytes) -> Header:
    at, profiles, end = 8, 0, len(data)
    for _ in range(CHUNKS):
        if at + 8 > end:
            break
        profiles += data[at + 4 : at + 8] == b"iCCP"
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    if at + 8 <= end or profiles > 1:
        raise Unreadable(f"{'two profiles' if profiles > 1 else f'more than {CHUNKS} chunks'}: refused as a bomb")
    return Header("PNG", *struct.unpack_from(">II", data, 16), frames=0)


def _gif(data: bytes) -> Header:
    return Header("GIF", *struct.unpack_from("<HH", data, 6), frames=_gif_frames(data))


def _bmp(data: bytes) -> Header:
    old = data[14] == 12
    width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
    return Header("BMP", width, abs(height))


def _webp(data: bytes) -> Header:
    kind, whole = bytes(data[12:16]), int.from_bytes(data[4:8], "little") + 8
    if len(data) < whole:
        raise Unreadable(f"truncated: {missing(1 - len(data) / whole)}, and half a WebP cannot be read")
    if kind == b"VP8X":
        size = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        wide, high = struct.unpack_from("<HH", data, 26)
        size = wide & 0x3FFF, high & 0x3FFF
    return Header("WEBP", *size, frames=0)


def _box(kind: str, data: bytes) -> Header:
    sizes = [struct.unpack_from(">II", data, m.end() + 4) for m in re.finditer(b"ispe", data[: 1 << 20])]
    if not sizes:
        raise Unreadable(f"{kind}: no picture size in the header")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Header(kind, width, height, frames=0)


def _tiff(data: bytes) -> Header:
    tags = Tags(data)
    first = next(tags.pages(), None)
    if not first:
        raise Unreadable(f"truncated: the TIFF's directory at byte {tags.first} is missing")
    if 256 not in first or 257 not in first:
        raise Unreadable("TIFF: no picture size in the header")
    if len(first) >= TAGS or any(first[tag][1] > STRIPS for tag in (273, 324) if tag in first):
        raise Unreadable(f"TIFF: more than {TAGS} tags or {STRIPS} strips: refused as a bomb")
    width, height = int(tags.number(first, 256)), int(tags.number(first, 257))
    low, high = tags.number(first, 340), tags.number(first, 341)
    bits, white_is_zero = tags.number(first, 258), tags.number(first, 262) == 0
    if not low < high and bits in (12, 16) and tags.number(first, 339) != 2:
        low, high = 0, 2**bits - 1
    span = (low, high) if isfinite(low) and isfinite(high) and low < high else None
    if span and white_is_zero:
        span = (high, low)
    frames = sum(1 for _ in tags.pages())
    return Header("TIFF", width, height, frames, *tags.facts(), span=span)


def _jpeg(data: bytes) -> Header:
    frame, exif, icc, tables, begun = None, b"", {}, {}, False
    for marker, start, end in _segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and frame is None:
            frame = marker, *struct.unpack_from(">BHHB", data, start)
        elif marker == 0xE1 and not exif and data[start : start + 6] == b"Exif\0\0":
            exif = bytes(data[start + 6 : end])
        elif marker == 0xE2 and data[start : start + 12] == b"ICC_PROFILE\0":
            icc[data[start + 12]] = bytes(data[start + 14 : end])
        elif marker == 0xDB:
            tables.setdefault(data[start] & 15, (data[start] >> 4, bytes(data[start + 1 : end])))
        elif marker == 0xDA:
            begun = True
    if frame is None or not begun:
        raise Unreadable("JPEG: cut off before the picture begins")
    marker, _, height, width, components = frame
    scans = data.count(b"\xff\xda") if marker in (0xC2, 0xC6, 0xCA, 0xCE) else 0
    told = Tags(exif).facts() if exif else (1, float("nan"), "")
    joined = b"".join(icc[part] for part in sorted(icc))
    return Header("JPEG", width, height, 1, *told, _quality(tables), components, scans, icc=joined)


def lost(data: bytes) -> float:
    """Share of a progressive JPEG's frequencies that it lacks when its last scan was cut.

    One that was never sent whole counts 1, one whose last bits were not sent 0.05 for each bit: they are hardly seen.
    """
    bits, share = np.full((256, 64), 20), 1.0
    ids = np.zeros(0, np.uint8)
    for marker, start, end in _segments(data, whole=True):
        if 0xC0 <= marker <= 0xC2 and not len(ids):
            ids = np.frombuffer(data[start + 6 : end], np.uint8)[::3]
        elif marker == 0xDA:
            share = float(np.minimum(bits[ids] * 0.05, 1).mean())
            low, high, last = data[end - 3 : end]
            bits[list(data[start + 1 : end - 3 : 2]), low : high + 1] = last & 15
    return share


def _segments(data: bytes, whole: bool = False) -> Iterator[tuple[int, int, int]]:
    """(marker, start and end of its body) of each JPEG segment up to the first scan, or to the end."""
    at = 2
    for _ in range(SEGMENTS):
        found = MARKER.search(data, at)
        if not found or found[1] == b"\xd9":
            return
        marker, at = found[1][0], found.end()
        end = at + int.from_bytes(data[at : at + 2], "big")
        yield marker, at + 2, end
        if marker == 0xDA and not whole:
            return
        at = max(end, at + 2)
    raise Unreadable(f"more than {SEGMENTS} header segments: refused as a bomb")


LUMA = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
     51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120,
     101, 72, 92, 95, 98, 112, 100, 103, 99]
)  # fmt: skip
_Q = np.arange(1, 101)
SUMS = np.clip((LUMA * np.where(_Q < 50, 5000 // _Q, 200 - 2 * _Q)[:, None] + 50) // 100, 1, 255).sum(1)
"""Sum of the luma quantisation table (ITU-T T.81, Annex K) as libjpeg scales it to each quality 1 to 100."""


def _quality(tables: dict[int, tuple[int, bytes]]) -> float:
    """The libjpeg quality whose luma table has the nearest sum; NaN without a whole table."""
    wide, table = tables.get(0, (0, b""))
    values = np.frombuffer(table[: 128 if wide else 64], ">u2" if wide else "u1") if len(table) >= 64 << wide else []
    return float(np.abs(SUMS - np.sum(values)).argmin() + 1) if len(values) == 64 else float("nan")


def _gif_frames(data: bytes) -> int:
    """Image blocks in a GIF, up to PAGES and as far as the bytes go; at least 1."""
    at, frames, end = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0), 0, len(data)
    while at < end and frames < PAGES and data[at] in (0x21, 0x2C):
        if data[at] == 0x2C:
            frames += 1
            flags = data[at + 9] if at + 9 < end else 0
            at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        else:
            at += 2
        while at < end and data[at]:
            at += data[at] + 1
        at += 1
    return max(frames, 1)


class Tags:
    """The directories of a TIFF file or an EXIF block; what points outside the data is left out."""

    BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
    CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = ">" if data[:2] == b"MM" else "<"
        self.big = 43 in data[2:4]
        self.first = self._at("Q" if self.big else "I", 8 if self.big else 4)

    def pages(self) -> Iterator[dict[int, tuple[int, int, int]]]:
        """Each directory in turn as {tag: (type, count, place of the value)}, up to PAGES and never the same twice."""
        at, seen = self.first, set()
        while at and at not in seen and len(seen) < PAGES:
            seen.add(at)
            page, at = self.directory(at)
            yield page

    def directory(self, at: int) -> tuple[dict[int, tuple[int, int, int]], int]:
        """The directory at `at` and the place of the next one, 0 where none."""
        count, step = (self._at("Q", at), 20) if self.big else (self._at("H", at), 12)
        start, found = at + (8 if self.big else 2), {}
        for place in range(start, min(start + min(count, TAGS) * step, len(self.data) - step + 1), step):
            tag, kind, many = struct.unpack_from(self.order + ("HHQ" if self.big else "HHI"), self.data, place)
            size, inside = self.BYTES.get(kind, 0) * many, place + (12 if self.big else 8)
            where = inside if size <= (8 if self.big else 4) else self._at("Q" if self.big else "I", inside)
            if size and where + size <= len(self.data):
                found.setdefault(tag, (kind, many, where))
        return found, self._at("Q" if self.big else "I", start + count * step)

    def number(self, page: dict[int, tuple[int, int, int]], tag: int) -> float:
        """The first value of a numeric tag, NaN where there is none."""
        kind, _, at = page.get(tag, (0, 0, 0))
        return (
            struct.unpack_from(self.order + self.CODES[kind], self.data, at)[0] if kind in self.CODES else float("nan")
        )

    def text(self, page: dict[int, tuple[int, int, int]], tag: int) -> str:
        """A text tag up to its first NUL, at most 64 letters; "" where there is none."""
        kind, count, at = page.get(tag, (0, 0, 0))
        raw = bytes(self.data[at : at + min(count, 64)]) if kind == 2 else b""
        return raw.split(b"\0")[0].decode("utf-8", "replace").strip()

    def facts(self) -> tuple[int, float, str]:
        """(orientation 1 to 8, seconds since 1970 as if UTC or NaN, make and model) of the first directory."""
        page = next(self.pages(), {})
        turn, inner = self.number(page, 274), self.number(page, 0x8769)
        exif = self.directory(int(inner))[0] if inner > 0 else {}
        when = self.text(exif, 0x9003) or self.text(exif, 0x9004) or self.text(page, 306)
        make, model = self.text(page, 271), self.text(page, 272)
        camera = model if model.lower().startswith(make.lower()) else f"{make} {model}"
        return int(turn) if turn in range(1, 9) else 1, seconds(when), camera.strip()

    def _at(self, code: str, at: int) -> int:
        whole = at >= 0 and at + struct.calcsize(code) <= len(self.data)
        return struct.unpack_from(self.order + code, self.data, at)[0] if whole else 0


def seconds(text: str) -> float:
    """EXIF's "2024:05:31 12:30:00" as seconds since 1970 as if UTC; NaN for anything else."""
    parts = re.fullmatch(r"(\d{4})[:\-](\d\d)[:\-](\d\d)[ T](\d\d):(\d\d):(\d\d).*", text)
    values = tuple(map(int, parts.groups())) if parts else (0,) * 6
    sane = values[0] >= 1826 and 1 <= values[1] <= 12 and 1 <= values[2] <= 31 and values[3] < 24 and values[4] < 60
    return float(timegm(values)) if sane else float("nan")


def bare(data: bytes) -> bytes:
    """A PNG without what its pixels do not need: a damaged remark is no reason to refuse a picture."""
    at, kept = 8, [data[:8]]
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def missing(share: float) -> str:
    """ "43 % missing", never "0 % missing"."""
    return f"{100 * share:.0f} % missing" if share >= 0.005 else "less than 1 % missing"


READERS = {
    "JPEG": _jpeg, "PNG": _png, "GIF": _gif, "BMP": _bmp, "WEBP": _webp, "TIFF": _tiff,
    "HEIF": lambda data: _box("HEIF", data), "AVIF": lambda data: _box("AVIF", data),
}  # fmt: skip
