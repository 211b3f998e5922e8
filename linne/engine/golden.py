"""Golden pictures: 32 that a bundle carries as files and as arrays, with the answers that any runtime must give.

Own pictures, made smaller, and the same in every form that a decoder may stumble over: turned by EXIF, transparent,
grey, in 16 bits, by a palette, one pixel large, longer than wide. Arrays are binary PPM: three numbers, then bytes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.decode import Geometry, decode, prepare
from ..core.errors import InputError, LinneError, Unreadable
from ..core.rng import rng
from ..core.run import Run
from .answering import Answering
from .strangers import texture

COUNT, OWN, SIDE = 32, 20, 384
"""Golden pictures, how many of them are own ones as they are, and their longer side in pixels."""
SAMPLES = 300
"""Own pictures that a quantised network is calibrated by, at most."""


@dataclass(frozen=True, eq=False)
class Golden:
    """One golden picture. name: of its file; file: its bytes; pixels: (H, W, 3) uint8 that `decode` makes of it."""

    name: str
    file: bytes
    pixels: np.ndarray


def golden(run: Run, geometry: Geometry) -> list[Golden]:
    """COUNT pictures: own ones of the run where their files are still there, textures where not."""
    own = [_small(pixels) for pixels in own_pixels(run, OWN)]
    while len(own) < OWN:
        own.append(texture(np.zeros((256, 256, 3), np.uint8), rng(0, "golden", len(own))))
    files = [_saved(pixels, "JPEG", quality=90) for pixels in own[:OWN]] + _odd(own)
    out = []
    for place, data in enumerate(files[:COUNT]):
        kind = {b"\xff\xd8": "jpg", b"\x89P": "png", b"RI": "webp", b"GI": "gif", b"BM": "bmp"}[data[:2]]
        out.append(Golden(f"{place:02d}.{kind}", data, decode(data, least=geometry.least).pixels))
    return out


def own_pixels(run: Run, most: int, split: "Sequence[str]" = ("test", "validation", "train")) -> list[np.ndarray]:
    """Decoded pictures of a run, of these splits, the first ones first; fewer where files are gone."""
    table = run.images()
    if "path" not in table.column_names:
        return []
    paths, parts, kept = (table[name].to_pylist() for name in ("path", "split", "kept"))
    out: list[np.ndarray] = []
    for part in split:
        rows = [row for row in range(len(paths)) if kept[row] and parts[row] == part and paths[row]]
        for row in rng(0, "own pixels", part).permutation(rows) if rows else ():
            if len(out) == most:
                return out
            try:
                out.append(decode(Path(paths[int(row)])).pixels)
            except Unreadable:
                continue
    return out


def samples(run: Run, geometry: Geometry, most: int = SAMPLES) -> np.ndarray:
    """(n, size, size, 3) uint8: the run's learning pictures as its network sees them."""
    some = [prepare(pixels, geometry) for pixels in own_pixels(run, most, ("train",))]
    return np.stack(some) if some else np.zeros((0, geometry.size, geometry.size, 3), np.uint8)


def expected(pictures: Sequence[Golden], answering: Answering, found: dict[str, np.ndarray]) -> dict[str, Any]:
    """golden/expected.json: what each picture is answered by the run itself, computed in float32 by PyTorch.

    found: the outputs (n, ...) by name. Raises InputError for answers that are no numbers.
    """
    rows = []
    for place, one in enumerate(pictures):
        told: dict[str, Any] = {
            "file": one.name, "array": array_name(one), "height": one.pixels.shape[0], "width": one.pixels.shape[1],
            "probabilities": found["probabilities"][place].tolist(), "logits": found["logits"][place].tolist(),
        }  # fmt: skip
        if not np.isfinite(told["logits"]).all():
            raise InputError(f"The network gives no number for the golden picture {one.name}. Train again.")
        if "set" in found:
            told["set"] = [int(k) for k in np.flatnonzero(found["set"][place])]
        if "unknown" in found:
            told["unknown"] = float(found["unknown"][place])
        rows.append(told)
    return {
        "what": "answers of the run itself: PyTorch in float32 on one core, the rest in float64",
        "classes": list(answering.model.classes), "pictures": rows,
    }  # fmt: skip


def array_name(one: Golden) -> str:
    """The name of a picture's array: '07.ppm'."""
    return f"{one.name.split('.')[0]}.ppm"


def ppm(pixels: np.ndarray) -> bytes:
    """A uint8 array (H, W, 3) as a binary PPM (netpbm.sourceforge.net/doc/ppm.html)."""
    high, wide = pixels.shape[:2]
    return f"P6\n{wide} {high}\n255\n".encode() + np.ascontiguousarray(pixels).tobytes()


def from_ppm(data: bytes) -> np.ndarray:
    """What `ppm` wrote. Raises LinneError for anything else."""
    parts = data.split(b"\n", 3)
    try:
        wide, high = (int(word) for word in parts[1].split(b" "))
        if parts[0] != b"P6" or parts[2] != b"255" or len(parts[3]) != high * wide * 3 or high < 1:
            raise ValueError
        return np.frombuffer(parts[3], np.uint8).reshape(high, wide, 3)
    except (IndexError, ValueError) as error:
        raise LinneError("a golden array is no binary PPM of 8 bits") from error


def _small(pixels: np.ndarray) -> np.ndarray:
    """At most SIDE pixels long."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((SIDE, SIDE))
    return np.array(image)


def _saved(pixels: np.ndarray, kind: str, **options: Any) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    mode = options.pop("mode", "")
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(buffer, kind, **options)
    return buffer.getvalue()


def _odd(own: Sequence[np.ndarray]) -> list[bytes]:
    """The same pictures in forms that decoders treat differently."""
    from PIL import Image

    a, b, c, d = own[:4]
    turned = Image.Exif()
    turned[274] = 6
    high, wide = a.shape[:2]
    veil = np.dstack([a, np.linspace(0, 255, high * wide).reshape(high, wide).astype(np.uint8)])
    deep = np.asarray(Image.fromarray(b).convert("L")).astype(np.uint16) * 257
    large = np.asarray(Image.fromarray(c).resize((1000, 760), Image.Resampling.BICUBIC))
    return [
        _saved(a, "JPEG", quality=90, exif=turned), _saved(veil, "PNG"), _saved(b, "PNG", mode="L"),
        _saved(deep, "PNG"), _saved(c, "GIF", mode="P"), _saved(d, "WEBP", lossless=True), _saved(d[:90, :120], "BMP"),
        _saved(a[:1, :1], "PNG"), _saved(b[:3, :], "PNG"), _saved(c[:, :12], "PNG"),
        _saved(large, "JPEG", quality=85), _saved(d, "JPEG", quality=60, mode="L"),
    ]  # fmt: skip
