"""Broken pictures of every kind, and a process that meets them under a memory limit.

`python broken_pictures.py EVERY [FOLDER]` decodes every EVERY-th of them, and the files in FOLDER, and prints one JSON
object: for each kind how many were read and refused, the slowest, the peak of resident memory, every reason, and what
raised anything but Unreadable. `python broken_pictures.py large FOLDER` writes those that take long to make.
"""

import importlib.util
import io
import json
import resource
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

HERE = Path(__file__).parent


def module(name: str) -> Any:
    """A file beside this one, as a module."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def seeds() -> dict[str, bytes]:
    """One whole picture of each kind, 64x48."""
    w, rng = module("picture_writers"), np.random.Generator(np.random.Philox(key=1))
    ramp = np.add.outer(np.arange(48) * 3, np.arange(64) * 2)
    v = (ramp[..., None] + rng.integers(0, 40, (48, 64, 4)) + np.arange(4) * 20).clip(0, 255).astype(np.uint8)
    rgb, one = Image.fromarray(v[..., :3]), Image.fromarray(v[..., 0])
    exif = b"Exif\0\0" + w.exif(6, taken="2020:01:02 03:04:05", make="Acme", model="One")
    made = {
        "jpeg": (rgb, "JPEG", {"exif": exif}), "jpeg progressive": (rgb, "JPEG", {"progressive": True}),
        "jpeg grey": (one, "JPEG", {}), "jpeg cmyk": (Image.fromarray(v, "CMYK"), "JPEG", {}),
        "jpeg p3": (rgb, "JPEG", {"icc_profile": w.icc()}), "png": (rgb, "PNG", {"exif": exif[6:]}),
        "png palette": (rgb.quantize(64), "PNG", {"transparency": 3}), "gif": (rgb.quantize(64), "GIF", {}),
        "gif moving": (rgb.quantize(64), "GIF", {"save_all": True, "append_images": [one]}),
        "webp": (rgb, "WEBP", {"exif": exif}), "webp lossless": (Image.fromarray(v), "WEBP", {"lossless": True}),
        "webp moving": (rgb, "WEBP", {"save_all": True, "append_images": [one.convert("RGB")]}),
        "tiff lzw": (rgb, "TIFF", {"compression": "tiff_lzw"}), "tiff jpeg": (rgb, "TIFF", {"compression": "jpeg"}),
        "bmp": (rgb, "BMP", {}), "avif": (rgb, "AVIF", {}),
    }  # fmt: skip
    out = {}
    for name, (image, kind, options) in made.items():
        file = io.BytesIO()
        image.save(file, kind, **options)
        out[name] = file.getvalue()
    out |= {"png laced": w.png(v[..., :3], 8, 2, interlaced=True), "png 16": w.png(v[..., 0].astype(int) * 257, 16, 0)}
    out |= {"tiff": w.tiff(v[..., :3], 2, pages=2), "tiff float": w.tiff(v[..., 0] / np.float32(255), tile=16)}
    return out | {"heic": module("odd_pictures").HEIC}


def broken() -> Iterator[tuple[str, str, bytes]]:
    """(kind, name, bytes) of at least 2,000."""
    whole, rng = seeds(), np.random.Generator(np.random.Philox(key=2))
    for name, data in whole.items():
        for cut in np.unique(np.linspace(0, len(data) - 1, 28).astype(int)):
            yield "truncated", f"{name} at {cut}", data[:cut]
        for place in rng.integers(0, len(data) * 8, 32):
            yield "bit flip", f"{name} bit {place}", flipped(data, [place])
        for place in rng.integers(0, min(len(data), 100) * 8, 8):
            yield "bit flip", f"{name} header bit {place}", flipped(data, [place])
        for start in rng.integers(0, len(data), 8):
            noise = rng.integers(0, 256, 16, dtype=np.uint8).tobytes()
            yield "noise", f"{name} at {start}", data[:start] + noise + data[start + 16 :]
        for length in (0, 1, 3, 40, 400, 4000):
            yield "magic", f"{name}, {length} random", data[:16] + rng.bytes(length)
        for other, body in whole.items():
            if other != name:
                yield "polyglot", f"{name} then {other}", data[: len(data) // 3] + body
    for length in range(400):
        yield "random", f"{length} bytes", rng.bytes(length)
    yield from (("foreign", name, data) for name, data in foreign(whole))
    yield from (("zero", name, data) for name, data in patched(whole, (0, 1)))
    yield from (("bomb", name, data) for name, data in patched(whole, (20000, 65500, 2**31 - 1, 2**32 - 1)))
    yield from (("bomb", name, data) for name, data in bombs())


def flipped(data: bytes, bits: Any) -> bytes:
    out = bytearray(data)
    for bit in bits:
        out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


def foreign(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    texts = [
        "hello",
        "<!DOCTYPE html><html>",
        "<svg xmlns=''/>",
        "%PDF-1.7",
        "PK\3\4",
        "{}",
        "a,b\n1,2\n",
        "\n\n",
        " ",
        "é" * 9,
    ]
    yield from ((f"text {text!r}", text.encode()) for text in texts)
    heads = [
        b"8BPS\0\1",
        b"\0\0\1\0",
        b"\0\0\0\x0cjP  \r\n\x87\n",
        b"\xff\x0a",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"MZ\x90",
        b"\x7fELF",
    ]
    heads += [
        b"P6 9 9 255\n",
        b"%!PS-Adobe",
        b"\x1aE\xdf\xa3",
        b"SIMPLE  =",
        b"\0\0\0\x18ftypmp42",
        b"\x93NUMPY",
        b"BM",
        b"II*\0",
    ]
    yield from ((f"magic {head!r}", head + bytes(64)) for head in heads)
    yield from ((f"html before {name}", b"<!-- " + data) for name, data in whole.items())
    yield "zeros", bytes(5000)
    yield "ones", b"\xff" * 5000


def patched(whole: dict[str, bytes], sides: tuple[int, ...]) -> Iterator[tuple[str, bytes]]:
    """Each header with other sizes: (side x side), (side x 9) and (9 x side)."""
    for kind in ("jpeg", "jpeg progressive", "jpeg cmyk", "png", "png laced", "gif", "bmp", "webp", "webp lossless",
                 "webp moving", "tiff", "tiff lzw", "avif", "heic"):  # fmt: skip
        for side in sides:
            for wide, high in ((side, side), (side, 9), (9, side)):
                data = resized(bytearray(whole[kind]), kind.split()[0], wide, high)
                yield f"{kind} {wide}x{high}", bytes(data)


def resized(data: bytearray, kind: str, wide: int, high: int) -> bytearray:
    """The header's width and height overwritten, cut to the bits that the format has for them."""

    def put(code: str, at: int, *values: int) -> None:
        struct.pack_into(code, data, at, *(v & (1 << 8 * struct.calcsize(code[0] + code[1])) - 1 for v in values))

    if kind == "jpeg":
        put(">HH", max(data.find(b"\xff\xc0\0"), data.find(b"\xff\xc2\0")) + 5, high, wide)
    elif kind == "png":
        put(">II", 16, wide, high)
        struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    elif kind in ("gif", "bmp"):
        put(*(("<HH", 6) if kind == "gif" else ("<II", 18)), wide, high)
    elif kind == "webp" and data[12:16] == b"VP8X":
        data[24:30] = (max(wide - 1, 0) & 0xFFFFFF).to_bytes(3, "little") + (max(high - 1, 0) & 0xFFFFFF).to_bytes(
            3, "little"
        )
    elif kind == "webp":
        at = 26 if data[12:16] == b"VP8 " else 21
        put("<HH", at, *((wide, high) if at == 26 else (wide - 1 & 0x3FFF | high - 1 << 14, high - 1 >> 2 & 0x0FFF)))
    elif kind == "tiff":
        for tag, side in ((b"\0\1\4\0", wide), (b"\1\1\4\0", high), (b"\0\1\3\0", wide), (b"\1\1\3\0", high)):
            at = data.find(tag + b"\1\0\0\0")
            if at >= 0:
                put("<II", at + 4, 1, side)
                data[at + 2] = 4
    else:
        put(">II", data.find(b"ispe") + 8, wide, high)
    return data


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that ask for much: inside the limits on size, so that what follows must hold."""
    w = module("picture_writers")
    black = np.zeros((1, 1), np.uint8)
    squeezed = zlib.compress(bytes(200 << 20), 9)
    yield "png, 200 MB behind 1x1", w.png(black)[:33] + w.chunk(b"IDAT", squeezed) + w.chunk(b"IEND")
    for name, head in ((b"iCCP", b"x\0\0"), (b"zTXt", b"x\0\0"), (b"iTXt", b"x\0\1\0\0\0")):
        yield f"png, 200 MB {name.decode()}", w.png(black, before=w.chunk(name, head + squeezed))
        yield (
            f"png, 300 {name.decode()}",
            w.png(black, before=w.chunk(name, head + zlib.compress(bytes(900_000))) * 300),
        )
    yield "png, 2 billion frames", w.png(black, before=w.chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)))
    yield "png, a million chunks", w.png(black, before=w.chunk(b"tEXt", b"a\0b") * 1_000_000)
    frame = {"index": black}
    gif = w.gif((1, 1), [frame], np.zeros((2, 3)))
    at = gif.index(b"\x2c", 781)
    yield "gif, 3 million frames", gif[:at] + gif[at:-1] * 3_000_000 + b";"
    yield "gif, frame beyond its canvas", w.gif((1, 1), [frame | {"at": (65000, 65000)}], np.zeros((2, 3)))
    yield "tiff, directory that follows itself", w.tiff(black)[:-4] + struct.pack("<I", 10)
    yield "tiff, strips by the million", w.tiff(np.zeros((9, 9), np.uint8), tags={273: (4, [8] * 1_000_000)})
    yield "tiff, tiles by the hundred thousand", w.tiff(
        np.zeros((9, 9), np.uint8), tags={256: (4, [2_400]), 257: (4, [2_400]), 322: (3, [16]), 323: (3, [16]),
        324: (4, [8] * 22_500), 325: (4, [256] * 22_500)})  # fmt: skip
    many = b"".join(struct.pack("<HHII", 30_000 + n, 1, 1 << 20, 8) for n in range(30_000))
    yield "tiff, 30 GB of tags", b"II*\0" + struct.pack("<I", 1 << 20) + bytes((1 << 20) - 8) + struct.pack(
        "<H", 30_002) + struct.pack("<HHIIHHII", 256, 4, 1, 9, 257, 4, 1, 9) + many + bytes(4)  # fmt: skip
    yield "jpeg, a million segments", b"\xff\xd8" + b"\xff\xfe\0\2" * 1_000_000
    yield "jpeg, 60 MB of padding", b"\xff\xd8" + b"\xff" * (60 << 20)
    yield "jpeg, 60 MB of comment ends", b"\xff\xd8\xff\xfe\0\2" + b"\xff\0" * (30 << 20)


def large() -> Iterator[tuple[str, bytes]]:
    """Just inside the limit of 64 million pixels, and a thousand scans over 4,000x4,000."""
    for kind, options in (
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {"compression": "packbits"}),
    ):
        for mode in ("L", "RGBA") if kind in ("PNG", "TIFF") else ("L",):
            out = io.BytesIO()
            Image.new(mode, (8000, 8000)).save(out, kind, **options)
            yield f"{kind} {mode} 8000x8000", out.getvalue()
            yield f"{kind} {mode} 8000x8000 cut", out.getvalue()[: len(out.getvalue()) * 19 // 20]
    for side, mode in ((8000, "RGB"), (8000, "CMYK"), (4000, "L")):
        out = io.BytesIO()
        Image.new(mode, (side, side)).save(out, "JPEG", progressive=True)
        data = out.getvalue()
        yield f"JPEG {mode} progressive {side}x{side}", data
        yield f"JPEG {mode} progressive {side}x{side} cut", data[:-9]
        last = data[data.rindex(b"\xff\xda") : -2]
        yield f"JPEG {mode} of 60 scans", data[:-2] + last * (60 - data.count(last[:2])) + data[-2:]
        yield f"JPEG {mode} of 1000 scans", data[:-2] + last * 1000 + data[-2:]


def chosen(every: int, folder: Path | None) -> Iterator[tuple[str, str, bytes]]:
    yield from (one for place, one in enumerate(broken()) if place % every == 0)
    for path in sorted(folder.iterdir()) if folder else ():
        yield "large", path.name, path.read_bytes()


def highest() -> int:
    """The peak of resident memory in MB, of this program alone: ru_maxrss begins at what its parent held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def meet(every: int, folder: Path | None) -> dict[str, Any]:
    """Decodes them in this process, whose memory is limited."""
    from linne.core.decode import decode
    from linne.core.errors import Unreadable

    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    out: dict[str, Any] = {"counts": {}, "reasons": {}, "wrong": [], "slowest": [0.0, ""], "peak": [0, ""]}
    for kind, name, data in chosen(every, folder):
        start, told = time.process_time(), "read"
        try:
            decode(data)
        except Unreadable as error:
            told = "refused"
            if not error.reason or len(error.reason.encode()) > 160:
                out["wrong"].append([name, error.reason])
            out["reasons"].setdefault(error.reason, name)
        except BaseException as error:
            told = "wrong"
            out["wrong"].append([name, repr(error)])
        seconds = time.process_time() - start
        counts = out["counts"].setdefault(kind, {"read": 0, "refused": 0, "wrong": 0})
        counts[told] += 1
        out["slowest"] = max(out["slowest"], [seconds, name])
        memory = highest()
        if memory > out["peak"][0]:
            out["peak"] = [memory, name]
        if seconds > 1:
            sys.stderr.write(f"{seconds:6.2f} s {memory} MB {name} {told}\n")
    return out


if __name__ == "__main__":
    where = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if sys.argv[1] == "large" and where:
        for made, content in large():
            (where / made).write_bytes(content)
    else:
        sys.stdout.write(json.dumps(meet(int(sys.argv[1]), where)))
