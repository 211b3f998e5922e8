"""A bundle made by hand: a graph of six nodes whose answers have a closed form, with every file that a bundle has."""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper
from PIL import Image

from linne.core import bundled
from linne.engine.golden import ppm

SIDE, CLASSES = 16, ("red", "green", "blue")


def answers(pixels: np.ndarray) -> np.ndarray:
    """(3,) probabilities of pixels (H, W, 3): the softmax of the mean colour over 51."""
    logits = pixels.reshape(-1, 3).mean(0) / 51
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def graph() -> bytes:
    """pictures to prepared (as they are), to features (mean colours), to logits and probabilities."""
    floats, free = TensorProto.FLOAT, ["batch", "height", "width", 3]
    scale = numpy_helper.from_array(np.array(51, np.float32), "scale")
    axes = numpy_helper.from_array(np.array([1, 2], np.int64), "axes")
    nodes = [
        helper.make_node("Identity", ["pictures"], ["prepared"], "prepare/same"),
        helper.make_node("Cast", ["prepared"], ["wide"], "network/cast", to=floats),
        helper.make_node("ReduceMean", ["wide", "axes"], ["features"], "network/mean", keepdims=0),
        helper.make_node("Div", ["features", "scale"], ["logits"], "answers/scale"),
        helper.make_node("Softmax", ["logits"], ["probabilities"], "answers/softmax", axis=1),
    ]
    outputs = [helper.make_tensor_value_info(name, floats, ["batch", 3]) for name in ("probabilities", "logits")]
    given = [helper.make_tensor_value_info("pictures", TensorProto.UINT8, free)]
    inside = [helper.make_tensor_value_info("prepared", TensorProto.UINT8, ["batch", SIDE, SIDE, 3])]
    made = helper.make_graph(nodes, "hand", given, outputs, [scale, axes], value_info=inside)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    return model.SerializeToString()


def pack(folder: Path) -> Path:
    """Write the bundle."""
    (folder / "golden").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(graph())
    rows = []
    for place in range(4):
        pixels = np.random.default_rng(place).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
        pixels[:, :, place % 3] = np.maximum(pixels[:, :, place % 3], 120)
        (folder / "golden" / f"{place:02d}.ppm").write_bytes(ppm(pixels))
        Image.fromarray(pixels).save(folder / "golden" / f"{place:02d}.png")
        rows.append({"file": f"{place:02d}.png", "array": f"{place:02d}.ppm", "height": SIDE, "width": SIDE,
                     "probabilities": answers(pixels).tolist(), "logits": [0.0] * 3})  # fmt: skip
    tables = {
        "golden/expected": {"classes": list(CLASSES), "pictures": rows}, "labels": {"classes": list(CLASSES)},
        "calibration": {"activation": "softmax", "temperature": 1.0}, "preprocess": {"geometry": {
            "size": SIDE, "fit": "squash", "crop": 0.875, "interpolation": "bicubic"}},
        "config": {"schema_version": 1, "run": "By hand", "outputs": ["probabilities", "logits"], "width": 3,
                   "formats": ["onnx"], "precision": "float32", "tolerance": 1e-3},
    }  # fmt: skip
    for name, value in tables.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    for name in ("model.safetensors", "README.md", "LICENSE.txt"):
        (folder / name).write_text("by hand")
    bundled.written(folder, {"openvino": "2026.1.0"})
    return folder
