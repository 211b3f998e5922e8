"""Whether a bundle answers the same everywhere, on 1,000 odd and ordinary pictures, in layers.

    python bench/parity.py [--tiny]

Clothing, EfficientNet-Lite0 with a head on frozen features. Pictures: 400 photographs as they are, 300 resaved at other
sizes and qualities, 200 of sides from 1 to 3,000 pixels, and the odd ones of tests/core/odd_pictures.py. Layer 1: the
same uint8 array through every runtime and entry, beside PyTorch in float32. Layer 2: the same files through another
decoder, answered by the same runtime: torchvision's by the rules of preprocess.json, which reads JPEG, PNG, GIF and
WebP, and Pillow as most people call it, without them. Layer 3: int8, float16 and bfloat16 beside float32, ordinary
pictures (photographs, resaved or not) and odd ones apart, and from which margin on 99.5 % are equal. `--tiny` takes 40
pictures and writes nothing.
"""

import hashlib
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _measure import DATA, ROOT, keep
from PIL import Image

sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "core")]

import odd_pictures  # noqa: E402
import picture_writers  # noqa: E402

import linne  # noqa: E402
from linne.core.decode import decode, prepare  # noqa: E402
from linne.core.intervals import wilson  # noqa: E402
from linne.engine.answering import gather  # noqa: E402
from linne.engine.bundle import Bundle  # noqa: E402
from linne.engine.graph import Parts, reference  # noqa: E402

CLOSE, TIE = 1e-3, 2e-3


def files(n: int) -> list[Any]:
    """n pictures: paths, encoded bytes and arrays."""
    every = sorted((DATA / "clothing").glob("*/*/*.jpg"))
    rng = np.random.default_rng(0)
    order = rng.permutation(len(every))
    odd = [case.item for case in odd_pictures.cases(picture_writers)]
    out: list[Any] = [every[k] for k in order[: int(0.4 * n)]]
    for k in order[len(out) : int(0.7 * n)]:
        image = Image.open(every[k]).convert("RGB")
        scale = rng.uniform(0.2, 4)
        image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(40, 96)))
        out.append(buffer.getvalue())
    for k in order[int(0.7 * n) : int(0.9 * n)]:
        high, wide = np.exp(rng.uniform(0, np.log(3000), 2)).astype(int)
        out.append(np.array(Image.open(every[k]).convert("RGB").resize((int(wide), int(high)))))
    return (out + odd * (1 + n // len(odd)))[:n]


def same(wanted: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """How near probabilities (n, K) are, and how often the likeliest class is another where that is no tie."""
    gap, order = np.abs(wanted - found).max(1), np.sort(wanted, 1)
    tie, other = order[:, -1] - order[:, -2] < TIE, wanted.argmax(1) != found.argmax(1)
    return {
        "n": len(gap), "largest": float(gap.max()), "beyond 1e-3": int((gap > CLOSE).sum()),
        "other class, no tie": int((other & ~tie).sum()), "ties": int(tie.sum()),
        "other class, a tie": int((other & tie).sum()),
        "same class": wilson(~other).as_dict(),
    }  # fmt: skip


def whole(bundle: Bundle, arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([bundle.whole(one[None])["probabilities"] for one in arrays])


def squares(bundle: Bundle, arrays: list[np.ndarray]) -> np.ndarray:
    ready = np.stack([prepare(one, bundle.geometry) for one in arrays])
    return np.concatenate([bundle.answer(ready[k : k + 16])["probabilities"] for k in range(0, len(ready), 16)])


def usual(item: Any) -> "np.ndarray | None":
    """The picture by Pillow alone, as most people write it; None where that fails."""
    try:
        return np.array(Image.open(io.BytesIO(content(item))).convert("RGB"))
    except Exception:
        return None


def by_rules(item: Any) -> "np.ndarray | None":
    """The picture by torchvision's own decoders and the rules of preprocess.json; None for what they do not read.

    Of a PNG they give alpha rightly only where each pixel has it, so a key's colour is looked for here.
    """
    from torchvision.io import ImageReadMode, decode_image

    mode, key = ImageReadMode.UNCHANGED, None
    try:
        data = content(item)
        if data[:4] == b"\x89PNG":
            kind, clear = data[25], data[: data.index(b"IDAT")].partition(b"tRNS")[2]  # IHDR's colour type
            mode = ImageReadMode.RGB_ALPHA if kind in (4, 6) or (kind == 3 and clear) else ImageReadMode.RGB
            key = np.frombuffer(clear[: 2 if kind == 0 else 6], ">u2") if clear and kind in (0, 2) else None
        whole = decode_image(torch.frombuffer(bytearray(data), dtype=torch.uint8), mode, apply_exif_orientation=True)
    except Exception:
        return None
    pixels = (whole[0] if whole.ndim == 4 else whole).permute(1, 2, 0).numpy()
    seen = None if key is None else (pixels != key * (255 // (2 ** min(data[24], 8) - 1))).any(2, keepdims=True)
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / 257).astype(np.uint8) if data[25] == 0 else (pixels >> 8).astype(np.uint8)
    if pixels.shape[2] in (2, 4):
        alpha = pixels[..., -1:].astype(float)
        pixels = np.rint((pixels[..., :-1] * alpha + 255 * (255 - alpha)) / 255).astype(np.uint8)
    if seen is not None:
        pixels = np.where(seen, pixels, np.uint8(255))
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, 2)
    return np.ascontiguousarray(pixels) if pixels.shape[2] == 3 else None


def content(item: Any) -> bytes:
    """Raises TypeError for an array."""
    if not isinstance(item, (Path, bytes)):
        raise TypeError("an array is no file")
    return item.read_bytes() if isinstance(item, Path) else item


def decoders(bundle: Bundle, items: list[Any], odd: dict[str, str], wanted: np.ndarray) -> dict[str, Any]:
    """Every way to decode: how often the answer is the same, and which files differ. odd: what a file is, by bytes."""
    out: dict[str, Any] = {}
    for way, decoder in (("torchvision by the rules", by_rules), ("Pillow as most call it", usual)):
        foreign = [decoder(one) for one in items]
        rows = np.flatnonzero([one is not None for one in foreign])
        found = whole(bundle, [foreign[k] for k in rows])  # type: ignore[misc]
        photograph = np.array([isinstance(items[k], Path) for k in rows])
        other = wanted[rows].argmax(1) != found.argmax(1)
        far = np.abs(wanted[rows] - found).max(1) > CLOSE
        out[way] = {
            "photographs as they are": same(wanted[rows][photograph], found[photograph]),
            "every file that it opens": same(wanted[rows], found),
            "another class": sorted({odd.get(name(items[k]), "a photograph, resaved") for k in rows[other]}),
            "beyond 1e-3": sorted({odd.get(name(items[k]), "a photograph, resaved") for k in rows[far]}),
        }  # fmt: skip
    return out


def name(item: Any) -> str:
    return hashlib.sha256(content(item)).hexdigest()


def reduced(wanted: np.ndarray, found: np.ndarray, kinds: np.ndarray) -> dict[str, Any]:
    """All, ordinary and odd pictures: the share that is equal, and among those beyond the bound, which is stated."""
    out: dict[str, Any] = same(wanted, found) | margins(wanted, found)
    order = np.sort(wanted, 1)
    margin, equal = order[:, -1] - order[:, -2], wanted.argmax(1) == found.argmax(1)
    falling = np.argsort(-margin, kind="stable")
    fits = np.flatnonzero(np.cumsum(~equal[falling]) <= 0.005 * np.arange(1, len(margin) + 1))
    bound = float(margin[falling][fits[-1]]) if len(fits) else 1.0
    out["least margin with 99.5 % equal above"] = bound
    for label, some in (("all", kinds != ""), ("ordinary", kinds == "ordinary"), ("odd", kinds == "odd")):
        far = some & (margin >= bound)
        out[label] = {"n": int(some.sum()), "equal": wilson(equal[some]).as_dict(), "median margin": float(
            np.median(margin[some])), "beyond the bound": int(far.sum())}  # fmt: skip
        out[label]["equal beyond the bound"] = wilson(equal[far]).as_dict() if far.any() else None
    return out


def main() -> None:
    tiny = "--tiny" in sys.argv
    with tempfile.TemporaryDirectory() as home:
        place = Path(home)
        run = linne.train(DATA / "clothing", out=place / "run", check="none")
        linne.export(run, to="onnx,openvino,program", out=place / "float32")
        items = files(40 if tiny else 1000)
        answering = gather(run)
        parts = Parts(answering, np.zeros((0,)))
        arrays = [decode(one, least=answering.model.geometry.least).pixels for one in items]
        ready = np.stack([prepare(one, answering.model.geometry) for one in arrays])
        wanted = answering.answers(reference(parts, ready))["probabilities"]
        out: dict[str, Any] = {"pictures": len(items), "arrays": {}, "decoders": {}, "precisions": {}}
        for runtime in ("onnxruntime", "openvino", "program"):
            bundle = Bundle(place / "float32", runtime)
            out["arrays"][f"{runtime}, whole graph"] = same(wanted, whole(bundle, arrays))
            if bundle.squares:
                out["arrays"][f"{runtime}, prepared"] = same(wanted, squares(bundle, arrays))
        odd = {name(case.item): case.name for case in odd_pictures.cases(picture_writers)
               if isinstance(case.item, bytes)}  # fmt: skip
        out["decoders"] = decoders(Bundle(place / "float32", "onnxruntime"), items, odd, wanted)
        few = len(items)
        kinds = np.where(np.arange(few) < int(0.7 * few), "ordinary", "odd")
        for to, precision in (("onnx", "int8"), ("openvino", "int8"), ("openvino", "bfloat16"), ("onnx", "float16")):
            linne.export(run, to=to, precision=precision, limit=100, out=place / f"{to}-{precision}")
            runtime = "onnxruntime" if to == "onnx" else to
            found = squares(Bundle(place / f"{to}-{precision}", runtime), arrays)
            out["precisions"][f"{to} {precision}"] = reduced(wanted, found, kinds)
        print(out) if tiny else keep("parity", out)


def margins(wanted: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """The margins in float32 of the pictures whose class is another one."""
    order, other = np.sort(wanted, 1), wanted.argmax(1) != found.argmax(1)
    margin = (order[:, -1] - order[:, -2])[other]
    told = np.quantile(margin, [0.5, 1]).tolist() if len(margin) else [0.0, 0.0]
    return {"margin of those that differ": {"median": told[0], "largest": told[1]}}


if __name__ == "__main__":
    main()
