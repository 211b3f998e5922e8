"""Whether a bundle answers the same everywhere, on 1,000 odd and ordinary pictures, in layers.

    python bench/parity.py [--tiny]

Clothing, EfficientNet-Lite0 with a head on frozen features. Pictures: 400 photographs as they are, 300 resaved at other
sizes and qualities, 200 of sides from 1 to 3,000 pixels, and the odd ones of tests/core/odd_pictures.py. Layer 1: the
same uint8 array through every runtime and entry, beside PyTorch in float32. Layer 2: the same files through another
decoder (OpenCV, else Pillow as most people call it), answered by the same runtime. Layer 3: int8, float16 and bfloat16
beside float32. `--tiny` takes 40 pictures and writes nothing.
"""

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, ROOT, keep
from PIL import Image

sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "core")]

import linne  # noqa: E402
from linne.core.decode import decode, prepare  # noqa: E402
from linne.core.intervals import wilson  # noqa: E402
from linne.engine.answering import gather  # noqa: E402
from linne.engine.bundle import Bundle  # noqa: E402
from linne.engine.graph import Parts, reference  # noqa: E402

CLOSE, TIE = 1e-3, 2e-3


def files(n: int) -> list[Any]:
    """n pictures: paths, encoded bytes and arrays."""
    import odd_pictures
    import picture_writers

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


def other_decoder(item: Any) -> "np.ndarray | None":
    """The picture by OpenCV, else by Pillow alone, as a person would write it; None where that fails."""
    data = item.read_bytes() if isinstance(item, Path) else item
    if not isinstance(data, bytes):
        return None
    try:
        import cv2

        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return None if found is None else np.ascontiguousarray(found[..., ::-1])
    except ImportError:
        try:
            return np.array(Image.open(io.BytesIO(data)).convert("RGB"))
        except Exception:
            return None


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
        bundle = Bundle(place / "float32", "onnxruntime")
        foreign = [other_decoder(one) for one in items]
        rows = [k for k, one in enumerate(foreign) if one is not None]
        ordinary = [k for k in rows if isinstance(items[k], Path)]
        for name, some in (("photographs as they are", ordinary), ("every file that it opens", rows)):
            out["decoders"][name] = same(wanted[some], whole(bundle, [foreign[k] for k in some]))  # type: ignore[misc]
        for to, precision in (("onnx", "int8"), ("openvino", "int8"), ("openvino", "bfloat16"), ("onnx", "float16")):
            linne.export(run, to=to, precision=precision, limit=100, out=place / f"{to}-{precision}")
            runtime = "onnxruntime" if to == "onnx" else to
            found = squares(Bundle(place / f"{to}-{precision}", runtime), arrays)
            out["precisions"][f"{to} {precision}"] = same(wanted, found) | margins(wanted, found)
        print(out) if tiny else keep("parity", out)


def margins(wanted: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """The margins in float32 of the pictures whose class is another one."""
    order, other = np.sort(wanted, 1), wanted.argmax(1) != found.argmax(1)
    margin = (order[:, -1] - order[:, -2])[other]
    told = np.quantile(margin, [0.5, 1]).tolist() if len(margin) else [0.0, 0.0]
    return {"margin of those that differ": {"median": told[0], "largest": told[1]}}


if __name__ == "__main__":
    main()
