"""Writers of pictures, by the formats' own specifications: what the decoder under test has no part in.

Each takes numpy arrays and returns encoded bytes. PNG: ISO/IEC 15948. TIFF: revision 6.0 and BigTIFF. BMP: Windows and
OS/2. GIF: 89a with uncompressed LZW. ICC: ICC.1:2010.
"""

import struct
import zlib

import numpy as np

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""(first column, first row, column step, row step) of each pass."""


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(values: np.ndarray, bits: int = 8, colour: int = 0, *, before: bytes = b"", after: bytes = b"",
        interlaced: bool = False, filters: int = 0, piece: int = 1 << 20) -> bytes:  # fmt: skip
    """values: (H, W) or (H, W, channels). colour: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA."""
    values = values[..., None] if values.ndim == 2 else values
    high, wide = values.shape[:2]
    passes = [values[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [values]
    raw = b"".join(_rows(part, bits, filters) for part in passes if part.size)
    packed = zlib.compress(raw)
    body = b"".join(chunk(b"IDAT", packed[at : at + piece]) for at in range(0, len(packed), piece))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, bits, colour, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + head + before + body + after + chunk(b"IEND")


def _rows(part: np.ndarray, bits: int, kind: int) -> bytes:
    lines = packed(part, bits)
    step = max(part.shape[2] * bits // 8, 1)
    wide = lines.astype(np.int64)
    left = np.pad(wide, ((0, 0), (step, 0)))[:, : lines.shape[1]]
    up = np.pad(wide, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(wide, ((1, 0), (step, 0)))[:-1, : lines.shape[1]]
    guess = left + up - corner
    near = np.stack([np.abs(guess - left), np.abs(guess - up), np.abs(guess - corner)]).argmin(0)
    paeth = np.choose(near, [left, up, corner])
    out = (wide - (0 * wide, left, up, (left + up) // 2, paeth)[kind]) % 256
    return np.pad(out, ((0, 0), (1, 0)), constant_values=kind).astype(np.uint8).tobytes()


def packed(values: np.ndarray, bits: int) -> np.ndarray:
    """(H, bytes) uint8: rows of numbers of 1, 2, 4, 8 or 16 bits, first pixel in the high bits, big-endian."""
    flat = values.reshape(len(values), -1)
    if bits >= 8:
        return flat.astype(">u2" if bits == 16 else np.uint8).view(np.uint8).reshape(len(flat), -1)
    each = (flat[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(each.reshape(len(flat), -1).astype(np.uint8), axis=1)


def palette(colours: np.ndarray) -> bytes:
    return chunk(b"PLTE", colours.astype(np.uint8).tobytes())


def exif(orientation: int = 1, *, taken: str = "", make: str = "", model: str = "", order: str = "<") -> bytes:
    """A TIFF block with an orientation and, where given, a camera and a time."""
    tags = {274: (3, [orientation]), 271: (2, make), 272: (2, model)}
    inner = {0x9003: (2, taken)}
    first = directory({**{tag: value for tag, value in tags.items() if value[1]}, 0x8769: (4, [0])}, 8, order)
    whole = directory(
        {**{tag: value for tag, value in tags.items() if value[1]}, 0x8769: (4, [8 + len(first)])}, 8, order
    )
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return start + whole + (directory(inner, 8 + len(first), order) if taken else struct.pack(order + "HI", 0, 0))


def directory(tags: dict, at: int, order: str = "<", big: bool = False, following: int = 0) -> bytes:
    """A TIFF directory that will stand at `at`, its values behind it. tags: {tag: (type, values)}."""
    codes = {1: "B", 3: "H", 4: "I", 8: "h", 9: "i", 11: "f", 12: "d", 16: "Q"}
    room, entry = (8, 20) if big else (4, 12)
    extra_at = at + (8 if big else 2) + len(tags) * entry + room
    entries, extra = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        raw = values.encode() + b"\0" if kind == 2 else struct.pack(order + codes[kind] * len(values), *values)
        count = len(raw) if kind == 2 else len(values)
        entries += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, count)
        if len(raw) <= room:
            entries += raw.ljust(room, b"\0")
        else:
            entries += struct.pack(order + ("Q" if big else "I"), extra_at + len(extra))
            extra += raw + b"\0" * (len(raw) % 2)
    return struct.pack(order + ("Q" if big else "H"), len(tags)) + entries + struct.pack(
        order + ("Q" if big else "I"), following) + extra  # fmt: skip


def tiff(values: np.ndarray, photometric: int = 1, tags: dict | None = None, *, order: str = "<", big: bool = False,
         bits: int = 0, planar: bool = False, tile: int = 0, pages: int = 1) -> bytes:  # fmt: skip
    """values: (H, W) or (H, W, channels) of any number type; bits below 8 are packed, 12 too."""
    cube = values[..., None] if values.ndim == 2 else values
    high, wide, channels = cube.shape
    bits = bits or cube.dtype.itemsize * 8
    planes = [cube[..., c : c + 1] for c in range(channels)] if planar else [cube]
    pieces = [_piece(part, bits, order) for plane in planes for part in _tiles(plane, tile)]
    common = {
        256: (4, [wide]), 257: (4, [high]), 258: (3, [bits] * channels), 259: (3, [1]), 262: (3, [photometric]),
        277: (3, [channels]), 284: (3, [2 if planar else 1]), 339: (3, ["?uif".index(cube.dtype.kind)] * channels),
    }  # fmt: skip
    shape = {322: (3, [tile]), 323: (3, [tile])} if tile else {278: (4, [high])}
    at = 16 if big else 8
    body = b"".join(pieces)
    places = [at + sum(map(len, pieces[:k])) for k in range(len(pieces))]
    where = {324 if tile else 273: (4, places), 325 if tile else 279: (4, [len(piece) for piece in pieces])}
    out, here = b"", at + len(body) + len(body) % 2
    for page in range(pages):
        one = {**common, **shape, **where, **(tags or {})}
        size = len(directory(one, here, order, big))
        out += directory(one, here, order, big, here + size if page + 1 < pages else 0)
        here += size
    magic = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    first = at + len(body) + len(body) % 2
    head = magic + (struct.pack(order + "HHQ", 8, 0, first) if big else struct.pack(order + "I", first))
    return head + body + b"\0" * (len(body) % 2) + out


def _tiles(plane: np.ndarray, tile: int) -> list[np.ndarray]:
    if not tile:
        return [plane]
    high, wide = (-(-n // tile) * tile for n in plane.shape[:2])
    padded = np.zeros((high, wide, plane.shape[2]), plane.dtype)
    padded[: plane.shape[0], : plane.shape[1]] = plane
    return [padded[y : y + tile, x : x + tile] for y in range(0, high, tile) for x in range(0, wide, tile)]


def _piece(part: np.ndarray, bits: int, order: str) -> bytes:
    if bits < 8 or bits == 12:
        flat = part.reshape(len(part), -1).astype(np.int64)
        each = (flat[..., None] >> np.arange(bits - 1, -1, -1)) & 1
        return np.packbits(each.reshape(len(flat), -1).astype(np.uint8), axis=1).tobytes()
    return part.astype(part.dtype.newbyteorder(order)).tobytes()


def bmp(rows: np.ndarray, wide: int, bits: int, colours: bytes = b"", *, header: bytes = b"", kind: int = 0,
        down: bool = False, old: bool = False) -> bytes:  # fmt: skip
    """rows: (H, bytes) of each line, top first. header: what follows the 40 bytes of BITMAPINFOHEADER."""
    high = len(rows)
    lines = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    data = (lines if down else lines[::-1]).tobytes() if kind != 1 else rows.tobytes()
    if old:
        info = struct.pack("<IHHHH", 12, wide, high, 1, bits)
    else:
        count = len(colours) // 4
        size = wide, -high if down else high
        info = struct.pack("<IiiHHIIiiII", 40 + len(header), *size, 1, bits, kind, len(data), 0, 0, count, 0) + header
    start = 14 + len(info) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + colours + data


def gif(canvas: tuple[int, int], frames: list[dict], colours: np.ndarray, version: bytes = b"89a") -> bytes:
    """canvas: (width, height). frames: index (h, w), and perhaps at (x, y), clear, interlaced, colours."""
    out = b"GIF" + version + struct.pack("<HHBBB", *canvas, 0xF7, 0, 0) + _table(colours)
    for frame in frames:
        index = frame["index"]
        if "clear" in frame:
            out += b"\x21\xf9\x04\x01\x00\x00" + bytes([frame["clear"]]) + b"\x00"
        own = frame.get("colours")
        flags = (0x87 if own is not None else 0) | (0x40 if frame.get("interlaced") else 0)
        out += b"\x2c" + struct.pack("<HHHHB", *frame.get("at", (0, 0)), index.shape[1], index.shape[0], flags)
        out += _table(own) if own is not None else b""
        if frame.get("interlaced"):
            index = np.concatenate([index[0::8], index[4::8], index[2::4], index[1::2]])
        out += _lzw(index.ravel())
    return out + b"\x3b"


def _table(colours: np.ndarray) -> bytes:
    return np.pad(colours.astype(np.uint8), ((0, 256 - len(colours)), (0, 0))).tobytes()


def _lzw(values: np.ndarray) -> bytes:
    """LZW that clears its table before it grows: every code is nine bits."""
    codes = [256]
    for place, value in enumerate(values.tolist()):
        codes += [256] if place and place % 250 == 0 else []
        codes.append(value)
    codes.append(257)
    bits = ((np.array(codes)[:, None] >> np.arange(9)) & 1).astype(np.uint8).ravel()
    raw = np.packbits(bits, bitorder="little").tobytes()
    return (
        b"\x08"
        + b"".join(bytes([len(raw[at : at + 255])]) + raw[at : at + 255] for at in range(0, len(raw), 255))
        + b"\0"
    )


P3 = np.array([[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]])
"""Columns of the Display P3 profile: X, Y, Z of red, green and blue under D50 (one primary a row)."""


def icc(primaries: np.ndarray = P3, name: str = "Display P3") -> bytes:
    """A version 4 RGB profile with sRGB's curve."""
    s15 = lambda *numbers: struct.pack(f">{len(numbers)}i", *(round(n * 65536) for n in numbers))  # noqa: E731
    curve = b"para\0\0\0\0\0\3\0\0" + s15(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    words = name.encode("utf-16-be")
    text = b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(words), 28) + words
    parts = {b"desc": text, b"cprt": text, b"wtpt": b"XYZ \0\0\0\0" + s15(0.9642, 1.0, 0.8249)}
    parts |= {key: b"XYZ \0\0\0\0" + s15(*row) for key, row in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    parts |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, at = b"", b"", 128 + 4 + 12 * len(parts)
    for key, raw in parts.items():
        table += key + struct.pack(">II", at + len(body), len(raw))
        body += raw + b"\0" * (-len(raw) % 4)
    size = at + len(body)
    head = struct.pack(">I4xI4s4s4s12x4s", size, 0x04000000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return head + b"\0" * 28 + s15(0.9642, 1.0, 0.8249) + b"\0" * (128 - len(head) - 40) + struct.pack(
        ">I", len(parts)) + table + body  # fmt: skip
