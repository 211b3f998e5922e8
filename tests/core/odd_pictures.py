"""Odd but legal pictures with the exact pixels that they mean, computed by numpy from what was written.

`cases(writers)` takes the module `picture_writers` and yields Case(name, item, pixels, tolerance, told).
"""

import base64
import io
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

TURNED = {
    1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: np.swapaxes(a, 0, 1),
    6: lambda a: np.rot90(a, 3), 7: lambda a: np.rot90(np.swapaxes(a, 0, 1), 2), 8: lambda a: np.rot90(a, 1),
}  # fmt: skip
"""EXIF 2.32, table 6: what a person sees of the pixels as stored."""
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAcFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAA"
    "AERAAAIAAQAAAAAB5QABAAAAAAAAAKQAAgAAAAACiQABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZl"
    "AgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABAGlwcnAAAADfaXBjbwAAAHFodmNDAQQIAAAAn/gAAAAAHvAA/Pz4+AAADwNgAAEAF0ABDAH/"
    "/wQIAAADAJ/4AAADAAAeugJAYQABACZCAQEECAAAAwCf+AAAAwAAHsCCBBZbqrprmwIAAAMAMgAAAwACEGIAAQAGRAHBc8GJAAAAE2NvbHJuY2x4"
    "AAEADQAGgAAAABRpc3BlAAAAAAAAAEAAAABAAAAAKGNsYXAAAAAYAAAAAQAAABAAAAAB////2AAAAAL////QAAAAAgAAAA5waXhpAAAAAAEIAAAA"
    "CWlyb3QDAAAAGWlwbWEAAAAAAAAAAQABBoECAwWEhgAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAA0G1kYXQAAACgKAGuDWQ0dMt9bPaX7LFG"
    "1ryw+o/fabFAKDMmlNy+1sqelP/E1nhTqQ7vrmSnQAJlxVUhC/T+Y3kY3/7kuJa274UYHh83/f/kq4BV0n/JBkdtPpu//ejCujSi/yLg2lUdXPwI"
    "RMYKNbzmXDZWotNsbnfbmW2en4rNJFroQLXj5/HiJ4aaWc7aqRMRR86XzFavNSi3NJ6hjPPEYzqwbAENcAAAAAZFeGlmAABNTQAqAAAACAABARIA"
    "AwAAAAEABgAAAAAAAA=="
)
"""24x16 grey blocks, turned by 90 degrees, written by libheif 1.20 and x265 at quality 100."""
HEIC_BLOCKS = np.repeat(np.repeat(np.array([[10, 90, 200], [255, 128, 40]], np.uint8), 8, 0), 8, 1)


class Case(NamedTuple):
    name: str
    item: Any
    pixels: np.ndarray
    tolerance: int = 0
    told: dict = {}


def cases(writers: Any) -> Iterator[Case]:
    for group in (
        pngs,
        png_keys,
        png_shapes,
        bmps,
        gifs,
        tiffs,
        tiff_numbers,
        jpegs,
        jpeg_inks,
        webps,
        arrays,
        profiles,
    ):
        yield from group(writers, np.random.Generator(np.random.Philox(key=len(group.__name__))))


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values.astype(np.uint8)[..., None], 3, axis=2)


def over_white(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    a = alpha[..., None].astype(float)
    return np.rint((colour * a + 255 * (255 - a)) / 255).astype(np.uint8)


def full(values: np.ndarray, top: float) -> np.ndarray:
    return np.rint(values.astype(float) * 255 / top).astype(np.uint8)


def pngs(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    for laced in (False, True):
        tail = f" interlaced={laced}"
        for bits in (1, 2, 4, 8, 16):
            v = rng.integers(0, 1 << bits, (13, 21))
            yield Case(f"png grey {bits}" + tail, w.png(v, bits, 0, interlaced=laced), grey(full(v, (1 << bits) - 1)))
        for bits in (1, 2, 4, 8):
            colours = rng.integers(0, 256, (1 << bits, 3))
            v = rng.integers(0, 1 << bits, (13, 21))
            data = w.png(v, bits, 3, before=w.palette(colours), interlaced=laced)
            yield Case(f"png palette {bits}" + tail, data, colours[v].astype(np.uint8))
        for bits, shift in ((8, 0), (16, 8)):
            v = rng.integers(0, 1 << bits, (13, 21, 4))
            high = v >> shift
            yield Case(f"png rgb {bits}" + tail, w.png(v[..., :3], bits, 2, interlaced=laced), high[..., :3])
            solid = over_white(high[..., :3], high[..., 3])
            yield Case(f"png rgba {bits}" + tail, w.png(v, bits, 6, interlaced=laced), solid, told={"alpha": True})
            faint = over_white(np.repeat(high[..., :1], 3, 2), high[..., 1])
            data = w.png(v[..., :2], bits, 4, interlaced=laced)
            yield Case(f"png grey alpha {bits}" + tail, data, faint, told={"alpha": True})
    for kind in range(5):
        v = rng.integers(0, 256, (13, 21, 3))
        yield Case(f"png filter {kind}", w.png(v, 8, 2, filters=kind), v)


def png_keys(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    v = rng.integers(0, 4, (9, 7))
    key = lambda *values: w.chunk(b"tRNS", struct.pack(f">{len(values)}H", *values))  # noqa: E731
    for bits in (1, 2, 4, 8, 16):
        top, low = (1 << bits) - 1, v % (1 << bits)
        seen = np.where(low == 0, 255, full(low, top))
        yield Case(f"png grey key 0, {bits} bits", w.png(low, bits, 0, before=key(0)), grey(seen), told={"alpha": True})
        seen = np.where(low == 1, 255, full(low, top))
        yield Case(f"png grey key 1, {bits} bits", w.png(low, bits, 0, before=key(1)), grey(seen), told={"alpha": True})
    rgb = np.stack([v, v, v + 90], -1)
    seen = np.where((v == 1)[..., None], 255, rgb)
    yield Case("png rgb key", w.png(rgb, 8, 2, before=key(1, 1, 91)), seen, told={"alpha": True})
    data = w.png(rgb * 256 + 9, 16, 2, before=key(265, 265, 91 * 256 + 9))
    yield Case("png rgb key 16", data, seen, told={"alpha": True})
    colours = rng.integers(0, 256, (4, 3))
    for alphas in ([0], [255, 0], [10, 200, 128, 0]):
        a = np.array(alphas + [255] * (4 - len(alphas)))
        data = w.png(v, 8, 3, before=w.palette(colours) + w.chunk(b"tRNS", bytes(alphas)))
        yield Case(f"png palette alpha {alphas}", data, over_white(colours[v], a[v]), told={"alpha": True})
    red = np.zeros((5, 6, 4), int)
    red[..., 0] = 255
    yield Case("png clear red", w.png(red, 8, 6), np.full((5, 6, 3), 255), told={"alpha": True})
    opaque = np.dstack([rgb, np.full(v.shape, 255)])
    yield Case("png opaque rgba", w.png(opaque, 8, 6), rgb, told={"alpha": False, "mode": "RGBA"})


def png_shapes(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    for high, wide in ((1, 1), (65535, 1), (1, 65535), (30, 20000), (1, 2)):
        v = rng.integers(0, 256, (high, wide))
        yield Case(f"png {wide}x{high}", w.png(v), grey(v), told={"width": wide, "height": high})
    v = rng.integers(0, 256, (6, 10, 3))
    for turn, turned in TURNED.items():
        data = w.png(v, 8, 2, before=w.chunk(b"eXIf", w.exif(turn, order=">")))
        yield Case(f"png orientation {turn}", data, turned(v), told={"orientation": turn})
    yield Case("png exif at the end", w.png(v, 8, 2, after=w.chunk(b"eXIf", w.exif(8))), TURNED[8](v))
    yield Case("png pieces of one byte", w.png(v, 8, 2, piece=1), v)
    yield Case("png gamma is ignored", w.png(v, 8, 2, before=w.chunk(b"gAMA", struct.pack(">I", 100000))), v)
    yield Case("png with a tail", w.png(v, 8, 2) + b"PK\3\4 more", v)
    frame = struct.pack(">IIIIIHHBB", 0, 10, 6, 0, 0, 1, 10, 0, 0)
    moving = w.chunk(b"acTL", struct.pack(">II", 3, 0)) + w.chunk(b"fcTL", frame)
    yield Case("png animated", w.png(v, 8, 2, before=moving), v, told={"frames": 3})


def bmps(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    for bits in (1, 4, 8):
        colours = rng.integers(0, 256, (1 << bits, 4), dtype=np.uint8)
        v = rng.integers(0, 1 << bits, (5, 11))
        for down in (False, True):
            data = w.bmp(w.packed(v, bits), 11, bits, colours.tobytes(), down=down)
            yield Case(f"bmp palette {bits} down={down}", data, colours[v][..., 2::-1])
        old = w.bmp(w.packed(v, bits), 11, bits, colours[:, :3].tobytes(), old=True)
        yield Case(f"bmp os/2 palette {bits}", old, colours[v][..., 2::-1])
    v = rng.integers(0, 256, (5, 11, 4), dtype=np.uint8)
    bgr = np.ascontiguousarray(v[..., 2::-1])
    yield Case("bmp 24", w.bmp(bgr.reshape(5, -1), 11, 24), v[..., :3])
    filled = np.dstack([bgr, v[..., 3]])
    yield Case("bmp 32, fourth byte means nothing", w.bmp(filled.reshape(5, -1), 11, 32), v[..., :3])
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + b"\0" * 64
    seen = over_white(v[..., :3], v[..., 3])
    yield Case("bmp 32 alpha", w.bmp(filled.reshape(5, -1), 11, 32, header=masks, kind=3), seen, told={"alpha": True})
    c = rng.integers(0, 32, (5, 11, 3))
    words = (c[..., 0] << 10 | c[..., 1] << 5 | c[..., 2]).astype("<u2")
    yield Case("bmp 555", w.bmp(words.view(np.uint8).reshape(5, -1), 11, 16), c * 255 // 31)
    run = np.frombuffer(bytes([11, 3, 0, 0]) * 4 + bytes([11, 3, 0, 1]), np.uint8).reshape(5, 4)
    flat = np.repeat(colours[3, 2::-1][None, None], 5, 0).repeat(11, 1)
    yield Case("bmp rle8", w.bmp(run, 11, 8, colours.tobytes(), kind=1), flat)


def gifs(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    colours = rng.integers(0, 256, (256, 3))
    other = rng.integers(0, 256, (256, 3))
    v = rng.integers(0, 256, (19, 23))
    seen = colours[v]
    yield Case("gif", w.gif((23, 19), [{"index": v}], colours), seen, told={"frames": 1})
    yield Case("gif 87a", w.gif((23, 19), [{"index": v}], colours, b"87a"), seen)
    yield Case("gif interlaced", w.gif((23, 19), [{"index": v, "interlaced": True}], colours), seen)
    yield Case("gif own palette", w.gif((23, 19), [{"index": v, "colours": other}], colours), other[v])
    seen = np.where((v == v[0, 0])[..., None], 255, colours[v])
    yield Case(
        "gif transparent", w.gif((23, 19), [{"index": v, "clear": v[0, 0]}], colours), seen, told={"alpha": True}
    )
    moving = w.gif((23, 19), [{"index": v}, {"index": v[:5, :5], "at": (3, 3)}, {"index": v.T[:19, :19]}], colours)
    yield Case("gif animated", moving, colours[v], told={"frames": 3})
    wide = np.full((25, 30, 3), 255)
    wide[4:23, 5:28] = np.where((v == 7)[..., None], 255, colours[v])
    yield Case("gif part of its canvas", w.gif((30, 25), [{"index": v, "at": (5, 4), "clear": 7}], colours), wide)


def tiffs(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    v = rng.integers(0, 256, (20, 27, 4), dtype=np.uint8)
    rgb = v[..., :3]
    for order in "<>":
        for big in (False, True):
            if (order, big) != (">", True):  # Pillow 13 cannot read a big-endian BigTIFF
                yield Case(f"tiff rgb {order} big={big}", w.tiff(rgb, 2, order=order, big=big), rgb)
    yield Case("tiff planes", w.tiff(rgb, 2, planar=True), rgb)
    yield Case("tiff tiles", w.tiff(rgb, 2, tile=16), rgb)
    yield Case("tiff pages", w.tiff(rgb, 2, pages=4), rgb, told={"frames": 4})
    yield Case("tiff grey", w.tiff(v[..., 0]), grey(v[..., 0]))
    yield Case("tiff white is zero", w.tiff(v[..., 0], 0), grey(255 - v[..., 0]))
    for bits in (1, 2, 4):
        part = v[..., 0] >> (8 - bits)
        yield Case(f"tiff grey {bits}", w.tiff(part, bits=bits), grey(full(part, (1 << bits) - 1)))
    extra = {338: (3, [2])}
    yield Case("tiff rgba", w.tiff(v, 2, extra), over_white(rgb, v[..., 3]), told={"alpha": True})
    colours = rng.integers(0, 65536, (3, 256))
    seen = (colours >> 8).T[v[..., 0]]
    yield Case("tiff palette", w.tiff(v[..., 0], 3, {320: (3, colours.ravel().tolist())}), seen)
    yield Case("tiff cmyk", w.tiff(v, 5), inks(v))
    for turn, turned in TURNED.items():
        yield Case(
            f"tiff orientation {turn}", w.tiff(rgb, 2, {274: (3, [turn])}), turned(rgb), told={"orientation": turn}
        )
    for squeeze in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        out = io.BytesIO()
        Image.fromarray(rgb).save(out, "TIFF", compression=squeeze, tiffinfo={274: 6})
        yield Case(squeeze, out.getvalue(), TURNED[6](rgb))


def inks(v: np.ndarray) -> np.ndarray:
    """(1 - C)(1 - K) and so on, rounded where the product is subtracted."""
    rest = 255 - v[..., 3:].astype(float)
    return (rest - np.rint(v[..., :3] * rest / 255)).clip(0).astype(np.uint8)


def tiff_numbers(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    u = rng.integers(0, 65536, (20, 27), dtype=np.uint16)
    for order in "<>":
        yield Case(f"tiff grey 16 {order}", w.tiff(u, order=order), grey(full(u, 65535)))
    yield Case("tiff grey 16 white is zero", w.tiff(u, 0), grey(full(65535 - u.astype(int), 65535)))
    yield Case("tiff rgb 16", w.tiff(np.dstack([u] * 3), 2), grey(u >> 8))
    yield Case("tiff 12 bits", w.tiff(u[:, :26] >> 4, bits=12), grey(full(u[:, :26] >> 4, 4095)))
    signed = rng.integers(-1000, 3000, (20, 27))
    seen = grey(full(signed - signed.min(), float(np.ptp(signed))))
    yield Case("tiff int16", w.tiff(signed.astype(np.int16)), seen)
    yield Case("tiff int32", w.tiff(signed.astype(np.int32)), seen)
    small = rng.integers(0, 256, (20, 27))
    yield Case("tiff int32 of bytes", w.tiff(small.astype(np.int32)), grey(small))
    real = rng.random((20, 27)).astype(np.float32)
    yield Case("tiff float 0 to 1", w.tiff(real), grey(full(real, 1.0)))
    yield Case("tiff float of bytes", w.tiff(real * 255), grey(np.rint(real * np.float32(255))))
    far = real * 5000 - 700
    seen = (far.astype(float) - float(far.min())) * (255 / (float(far.max()) - float(far.min())))
    yield Case("tiff float far", w.tiff(far), grey(np.rint(seen)))
    declared = {340: (11, [-1.0]), 341: (11, [3.0])}
    yield Case("tiff float declared", w.tiff(real, tags=declared), grey(np.rint((real.astype(float) + 1) * 255 / 4)))
    holes = np.where(u % 7 == 0, np.nan, real).astype(np.float32)
    yield Case("tiff float holes", w.tiff(holes), grey(np.where(u % 7 == 0, 0, full(real, 1.0))))
    yield Case("tiff float constant", w.tiff(np.full((4, 5), 9000, np.float32)), np.zeros((4, 5, 3)))


def blocks(rng: np.random.Generator, high: int = 4, wide: int = 5, side: int = 16) -> np.ndarray:
    """Flat blocks: a JPEG of quality 100 holds them exactly."""
    return np.repeat(np.repeat(rng.integers(0, 256, (high, wide), dtype=np.uint8), side, 0), side, 1)


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **({"quality": 100, "subsampling": 0} if kind == "JPEG" else {}) | options)
    return out.getvalue()


def jpegs(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    v = blocks(rng)
    one, three = Image.fromarray(v), Image.fromarray(grey(v))
    yield Case("jpeg grey", saved(one), grey(v), told={"mode": "L", "quality": 100})
    for sampling in (0, 1, 2):
        yield Case(f"jpeg subsampling {sampling}", saved(three, subsampling=sampling), grey(v))
    yield Case("jpeg progressive", saved(three, progressive=True), grey(v))
    yield Case("jpeg optimized", saved(three, optimize=True), grey(v))
    yield Case("jpeg restarts", saved(three, restart_marker_blocks=1), grey(v))
    yield Case("jpeg odd size", saved(three.crop((0, 0, 75, 59))), grey(v)[:59, :75])
    whole = saved(three)
    yield Case("jpeg without an end", whole[:-2], grey(v), told={"missing_share": 0})
    yield Case("jpeg with a tail", whole + b"PK\3\4 more", grey(v))
    yield Case("jpeg padded markers", whole[:2] + b"\xff\xff\xff" + whole[2:], grey(v))
    yield Case("jpeg long comment", saved(three, comment=b"x" * 60000), grey(v))
    yield Case("jpeg two pictures in one", whole + whole, grey(v))
    for turn, turned in TURNED.items():
        told = {"orientation": turn, "camera": "Acme One", "taken": 86400.0 + 3661}
        block = w.exif(turn, taken="1970:01:02 01:01:01", make="Acme", model="One", order="<>"[turn % 2])
        data = saved(three, exif=b"Exif\0\0" + block)
        yield Case(f"jpeg orientation {turn}", data, grey(turned(v)), told=told)
    bright = saved(Image.fromarray(np.dstack([v, np.flipud(v), np.fliplr(v)])), keep_rgb=True)
    yield Case("jpeg rgb", bright, np.dstack([v, np.flipud(v), np.fliplr(v)]))
    stripe = np.repeat(blocks(rng, 1, 1), 4096, 1)[:8, :65500]
    yield Case("jpeg 65500x8", saved(Image.fromarray(stripe)), grey(stripe))


def jpeg_inks(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    planes = np.dstack([blocks(rng) for _ in range(4)])
    data = saved(Image.fromarray(planes, "CMYK"))
    yield Case("jpeg cmyk", data, inks(planes), told={"mode": "CMYK"})
    at = data.index(b"Adobe") + 11
    stored = (255 - planes).astype(float)
    y, cb, cr = stored[..., 0], stored[..., 1] - 128, stored[..., 2] - 128
    red = [y + 1.402 * cr, y - 0.344136286 * cb - 0.714136286 * cr, y + 1.772 * cb]
    cmy = 255 - np.clip(
        np.rint(np.dstack(red)), 0, 255
    )  # T.872: the inverse transform gives 255 minus the ink as stored
    seen = inks(255 - np.dstack([cmy, stored[..., 3]]).astype(np.uint8))
    yield Case("jpeg ycck", data[:at] + b"\2" + data[at + 1 :], seen, told={"mode": "CMYK"})


def webps(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    v = rng.integers(0, 256, (20, 27, 4), dtype=np.uint8)
    rgb = Image.fromarray(v[..., :3])
    yield Case("webp", saved(rgb, "WEBP", lossless=True), v[..., :3])
    for turn in (3, 6):
        data = saved(rgb, "WEBP", lossless=True, exif=b"Exif\0\0" + w.exif(turn))
        yield Case(f"webp orientation {turn}", data, TURNED[turn](v[..., :3]), told={"orientation": turn})
    data = saved(Image.fromarray(v), "WEBP", lossless=True, exact=True)
    yield Case("webp rgba", data, over_white(v[..., :3], v[..., 3]), told={"alpha": True})
    more = [Image.fromarray(255 - v[..., :3]), Image.fromarray(v[::-1, :, :3])]
    moving = saved(rgb, "WEBP", lossless=True, save_all=True, append_images=more)
    yield Case("webp animated", moving, v[..., :3], told={"frames": 3})
    flat = blocks(rng)
    yield Case("avif", saved(Image.fromarray(grey(flat)), "AVIF", quality=100, subsampling="4:4:4"), grey(flat))
    yield Case("heic turned", HEIC, grey(np.rot90(HEIC_BLOCKS, -1)))


def arrays(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    v = rng.integers(0, 256, (11, 13, 4), dtype=np.uint8)
    one, rgb = v[..., 0], v[..., :3]
    yield Case("array grey", one, grey(one), told={"format": "ARRAY"})
    yield Case("array grey, one channel", v[..., :1], grey(one))
    yield Case("array rgb", rgb, rgb)
    yield Case("array rgba", v, over_white(rgb, v[..., 3]), told={"alpha": True})
    yield Case("array upside down", rgb[::-1, ::-1], rgb[::-1, ::-1])
    yield Case("array bool", one > 99, grey((one > 99) * 255))
    yield Case("array uint16", rgb.astype(np.uint16) * 257, rgb)
    yield Case("array big-endian uint16", (rgb.astype(np.uint16) * 257).astype(">u2"), rgb)
    yield Case("array int64", rgb.astype(np.int64), rgb)
    yield Case("array float 0 to 1", rgb / 255, rgb)
    yield Case("array float16", (one > 99).astype(np.float16), grey((one > 99) * 255))
    yield Case("array float of bytes", rgb.astype(np.float64), rgb)
    yield Case("array float far", one * 40.0 - 3000, grey(np.rint((one - one.min()) * (255 / np.ptp(one)))))
    for mode in ("RGB", "L", "1", "RGBA"):
        seen = {"RGB": rgb, "L": grey(one), "1": grey((one > 99) * 255), "RGBA": over_white(rgb, v[..., 3])}[mode]
        source = {"RGB": rgb, "L": one, "1": one > 99, "RGBA": v}[mode]
        yield Case(f"pil {mode}", Image.fromarray(source), seen, told={"mode": mode})
    turned = Image.open(io.BytesIO(w.png(rgb, 8, 2, before=w.chunk(b"eXIf", w.exif(6)))))
    yield Case("pil not yet turned", turned, TURNED[6](rgb), told={"width": 11, "height": 13})


def profiles(w: Any, rng: np.random.Generator) -> Iterator[Case]:
    v = rng.integers(0, 256, (20, 27, 3), dtype=np.uint8)
    srgb = np.array([[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]])
    linear = np.where(v <= 10.31475, v / 255 / 12.92, ((v / 255 + 0.055) / 1.055) ** 2.4)
    light = np.clip(linear @ w.P3 @ np.linalg.inv(srgb), 0, 1)
    seen = np.rint(255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))
    wide = w.icc()
    yield Case("png display p3", saved(Image.fromarray(v), "PNG", icc_profile=wide), seen, 1)
    yield Case("tiff display p3", saved(Image.fromarray(v), "TIFF", icc_profile=wide), seen, 1)
    flat = np.dstack([blocks(rng)] * 3)
    yield Case("jpeg display p3, grey stays", saved(Image.fromarray(flat), icc_profile=wide), flat)
    yield Case("png called srgb", saved(Image.fromarray(v), "PNG", icc_profile=w.icc(srgb, "sRGB built-in")), v)
    yield Case("png broken profile", saved(Image.fromarray(v), "PNG", icc_profile=b"no profile" * 20), v)
    lab = rng.integers(0, 256, (20, 27, 3), dtype=np.uint8)
    lab[..., 1:] = (lab[..., 1:].view(np.int8) // 16).view(np.uint8)
    lab[..., 0] = lab[..., 0] // 2 + 64
    yield Case("tiff lab", w.tiff(lab, 8), from_lab(lab, srgb), 1)


def from_lab(lab: np.ndarray, srgb: np.ndarray) -> np.ndarray:
    """CIE 15:2004 8.2.1.2 under D50, then the sRGB profile's matrix and curve."""
    level = (lab[..., 0] / 255 * 100 + 16) / 116
    f = np.dstack([level + lab[..., 1].view(np.int8) / 500, level, level - lab[..., 2].view(np.int8) / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * (0.9642, 1.0, 0.8249)
    light = np.clip(xyz @ np.linalg.inv(srgb), 0, 1)
    return np.rint(255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))
