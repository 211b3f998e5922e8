"""A bundle made by hand, whose answers are a closed form: the mean colour of a picture says red, green or blue."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from linne.core import bundled
from linne.core.decode import Geometry, decode
from linne.core.errors import InputError
from linne.engine import npm
from linne.engine.golden import ppm
from linne.web import browser

CLASSES = ("red", "green", "<img src=x onerror=alert(1)>")
"""Three, or any multiple of three: the same again."""
STEEP, ENOUGH, STRANGE = 20.0, 0.4, 0.9
SEVERAL = 0.9
"""The threshold of each label, where a picture may have several."""


def answer(pixels: np.ndarray, several: bool = False) -> dict[str, Any]:
    """What the graph below computes, by numpy."""
    features = np.tile(pixels.reshape(-1, 3).astype(np.float64).mean(0) / 255, len(CLASSES) // 3)
    logits = STEEP * features
    odds = np.exp(logits - logits.max())
    said = 1 / (1 + np.exp(-logits)) if several else odds / odds.sum()
    told = {"probabilities": said.tolist(), "logits": logits.tolist()}
    told["set"] = np.flatnonzero(said >= (SEVERAL if several else ENOUGH)).tolist()
    return told if several else told | {"unknown": float(1 - np.ptp(features))}


def graph(several: bool = False) -> bytes:
    """pictures (B, H, W, 3) uint8 to probabilities, logits, set, unknown and features."""
    from onnx import TensorProto, helper

    value, node = helper.make_tensor_value_info, helper.make_node
    number = {name: helper.make_tensor(name, TensorProto.FLOAT, [], [one]) for name, one in (
        ("full", 255.0), ("steep", STEEP), ("enough", SEVERAL if several else ENOUGH), ("one", 1.0))}  # fmt: skip
    axes = [helper.make_tensor("sides", TensorProto.INT64, [2], [1, 2])]
    axes += [helper.make_tensor("last", TensorProto.INT64, [1], [1])]
    nodes = [
        node("Cast", ["pictures"], ["whole"], to=TensorProto.FLOAT),
        node("ReduceMean", ["whole", "sides"], ["mean"], keepdims=0), node("Div", ["mean", "full"], ["three"]),
        node("Concat", ["three"] * (len(CLASSES) // 3), ["features"], axis=1),
        node("Mul", ["features", "steep"], ["logits"]),
        node("Sigmoid" if several else "Softmax", ["logits"], ["probabilities"]),
        node("GreaterOrEqual", ["probabilities", "enough"], ["set"]),
        node("ReduceMax", ["features", "last"], ["high"], keepdims=0),
        node("ReduceMin", ["features", "last"], ["low"], keepdims=0), node("Sub", ["high", "low"], ["apart"]),
        node("Sub", ["one", "apart"], ["unknown"]),
    ]  # fmt: skip
    outputs = [
        value(name, TensorProto.FLOAT, ["batch", len(CLASSES)]) for name in ("probabilities", "logits", "features")
    ]
    outputs += [value("set", TensorProto.BOOL, ["batch", len(CLASSES)])]
    outputs += [] if several else [value("unknown", TensorProto.FLOAT, ["batch"])]
    pictures = value("pictures", TensorProto.UINT8, ["batch", "height", "width", 3])
    whole = helper.make_graph(nodes, "by hand", [pictures], outputs, [*number.values(), *axes])
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()


def coloured(seed: int, sides: tuple[int, int] = (70, 90)) -> np.ndarray:
    """(H, W, 3) uint8 noise of some colour."""
    rng = np.random.default_rng(seed)
    return np.clip(rng.uniform(30, 220, 3) + rng.normal(0, 20, (*sides, 3)), 0, 255).astype(np.uint8)


def saved(pixels: np.ndarray, kind: str = "JPEG", **options: Any) -> bytes:
    """The pixels as a file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def write_bundle(path: Path, off: float = 0.0, several: bool = False) -> Path:
    """The bundle. off: what the expected probabilities are wrong by. several: labels a picture."""
    (path / "golden").mkdir(parents=True)
    turned = Image.Exif()
    turned[274] = 6
    files = [saved(coloured(k), quality=90) for k in range(4)] + [saved(coloured(4), exif=turned)]
    files += [saved(coloured(5), "PNG"), saved(coloured(6, (1, 1)), "PNG"), saved(coloured(7, (3, 200)), "WEBP")]
    rows = []
    for place, data in enumerate(files):
        pixels, name = decode(data).pixels, f"{place:02d}"
        (path / "golden" / name).write_bytes(data)
        (path / "golden" / f"{name}.ppm").write_bytes(ppm(pixels))
        row = answer(pixels, several) | {
            "file": name,
            "array": f"{name}.ppm",
            "height": len(pixels),
            "width": pixels.shape[1],
        }
        row["probabilities"] = [one + off for one in row["probabilities"]]
        rows.append(row)
    outputs = ["probabilities", "logits", "set", *([] if several else ["unknown"]), "features"]
    tables = {
        "labels": {"classes": list(CLASSES)}, "golden/expected": {"pictures": rows},
        "preprocess": {"geometry": vars(Geometry(size=32))},
        "calibration": {
            "activation": "softmax", "temperature": 1.0, "without": {},
            "set": {"threshold": ENOUGH, "temperature": 1.0, "coverage": 0.9},
            "unknown": {"thresholds": [{"kept": 0.9, "threshold": 0.5}, {"kept": 0.95, "threshold": STRANGE}]},
        },
        "config": {
            "schema_version": bundled.SCHEMA, "run": "three <colours>", "tolerance": 1e-3, "strange": 1e-3,
            "outputs": outputs, "width": len(CLASSES),
        },
    }  # fmt: skip
    if several:
        tables["calibration"] = {"activation": "sigmoid", "temperature": 1.0, "thresholds": [SEVERAL] * len(CLASSES)}
    for name, table in tables.items():
        (path / f"{name}.json").write_text(json.dumps(table))
    (path / "model.onnx").write_bytes(graph(several))
    for name in ("model.safetensors", "README.md", "LICENSE.txt"):
        (path / name).write_text(name)
    bundled.written(path, {"linne": "0"})
    return path


def runtime_file() -> Path:
    """onnxruntime-web's .tgz: from the registry, once, or the test is left out."""
    try:
        npm.fetched(browser.RUNTIME)
    except InputError as error:
        pytest.skip(f"onnxruntime-web cannot be had: {error}")
    return npm.home() / "packages" / f"{browser.RUNTIME.name}-{browser.RUNTIME.version}" / browser.RUNTIME.file
