"""What the layers of an ONNX network are given and give while it looks at own pictures."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._rounding import Inputs, closest

LAYERS = ("Conv", "Gemm", "MatMul")
ACTIVATIONS = ("Clip", "Relu")
STEP = 4
"""Pictures at a time, of which every activation is held."""
PLACES, VALUES = 4096, 4096
"""Places of a layer's input, and values of an activation, that a step adds, at most."""


@dataclass(eq=False)
class Graph:
    """Who makes and who takes each tensor of a model; its weights as arrays; its layers with constant weights."""

    model: Any
    makes: dict[str, Any] = field(default_factory=dict)
    takes: dict[str, list[Any]] = field(default_factory=dict)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    layers: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        from onnx import numpy_helper

        self.weights = {one.name: numpy_helper.to_array(one) for one in self.model.graph.initializer}
        for node in self.model.graph.node:
            self.makes |= dict.fromkeys(node.output, node)
            for name in node.input:
                self.takes.setdefault(name, []).append(node)
        for node in self.model.graph.node:
            if node.op_type in LAYERS and node.input[0] not in self.weights and node.input[1] in self.weights:
                ends = {"Conv": 4}.get(node.op_type, 2)
                if self.weights[node.input[1]].ndim == ends and len(self.takes[node.input[1]]) == 1:
                    self.layers.append(node)

    def gives(self, node: Any) -> str:
        """A layer's output, after its activation where a clip or ReLU follows at once."""
        following = self.takes.get(node.output[0], [])
        alone = len(following) == 1 and following[0].op_type in ACTIVATIONS
        return following[0].output[0] if alone else node.output[0]

    def rows(self, node: Any) -> np.ndarray:
        """(g, r, d) weights of a layer, a row for each output."""
        weights, told = self.weights[node.input[1]], attributes(node)
        if node.op_type != "Conv":
            return (weights if told.get("transB") else weights.T)[None]
        groups = told.get("group", 1)
        return weights.reshape(groups, len(weights) // groups, -1)

    def shaped(self, node: Any, rows: np.ndarray) -> np.ndarray:
        """`rows` (g, r, d) as the layer holds them."""
        weights, told = self.weights[node.input[1]], attributes(node)
        if node.op_type != "Conv":
            return np.ascontiguousarray(rows[0] if told.get("transB") else rows[0].T)
        return rows.reshape(weights.shape)

    def axis(self, node: Any) -> int:
        """Along which of its weights' sides a layer's outputs lie."""
        return 0 if node.op_type == "Conv" or attributes(node).get("transB") else 1

    def bias(self, node: Any) -> "np.ndarray | None":
        """(r,) of a layer, None where it has none of its own."""
        return self.weights.get(node.input[2]) if len(node.input) > 2 else None


@dataclass(eq=False)
class Seen:
    """inputs: by layer. ranges: (low, high) of each tensor that a layer takes or gives, which lose the least."""

    inputs: dict[str, Inputs]
    ranges: dict[str, tuple[float, float]]


def attributes(node: Any) -> dict[str, Any]:
    """A node's settings by name."""
    from onnx import helper

    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


def seen(graph: Graph, samples: np.ndarray) -> Seen:
    """Run the network over samples (n, size, size, 3) uint8, all its tensors shown."""
    from onnx import ModelProto, TensorProto, helper

    wanted = dict.fromkeys(name for node in graph.layers for name in (node.input[0], graph.gives(node)))
    shown = ModelProto()
    shown.CopyFrom(graph.model)
    have = {one.name for one in shown.graph.output}
    shown.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in wanted if name not in have
    )
    run, inputs = session(shown), dict[str, Inputs]()
    ends, values = dict[str, tuple[float, float]](), dict[str, list[np.ndarray]]()
    for start in range(0, len(samples), STEP):
        found = dict(zip(wanted, run.run(list(wanted), {"prepared": samples[start : start + STEP]}), strict=True))
        for name, one in found.items():
            low, high = ends.get(name, (0.0, 0.0))
            ends[name] = min(low, float(one.min())), max(high, float(one.max()))
            values.setdefault(name, []).append(_some(one.ravel(), VALUES, start))
        for node in graph.layers:
            rows = _places(found[node.input[0]], node, graph.weights[node.input[1]].shape, start)
            inputs.setdefault(node.name, Inputs(len(rows), rows.shape[2])).add(rows)
    return Seen(inputs, {name: closest(np.concatenate(values[name]), *ends[name]) for name in wanted})


def session(model: Any) -> Any:
    """A model opened by ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _some(values: np.ndarray, most: int, start: int) -> np.ndarray:
    step = max(1, -(-len(values) // most))
    return values[start % step :: step].astype(np.float32)


def _places(given: np.ndarray, node: Any, shape: tuple[int, ...], start: int) -> np.ndarray:
    """(g, n, d) what a layer's rows are multiplied with, at some of the places of its input."""
    if node.op_type != "Conv":
        given = given.T if attributes(node).get("transA") else given
        flat = given.reshape(1, -1, given.shape[-1])
        return flat[:, :: max(1, -(-flat.shape[1] // PLACES))]
    told = attributes(node)
    groups, pads, dilated = told.get("group", 1), told.get("pads", [0] * 4), told.get("dilations", [1, 1])
    across = told.get("strides", [1, 1])
    given = np.pad(given, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    reach = tuple((side - 1) * wide + 1 for side, wide in zip(shape[2:], dilated, strict=True))
    view = np.lib.stride_tricks.sliding_window_view(given, reach, axis=(2, 3))
    view = view[:, :, :: across[0], :: across[1], :: dilated[0], :: dilated[1]]
    places = view.shape[0] * view.shape[2] * view.shape[3]
    step = max(1, -(-places * min(groups, 16) // PLACES))
    some = np.arange(start % step, places, step)
    b, y, x = np.unravel_index(some, (view.shape[0], view.shape[2], view.shape[3]))
    rows = view[b, :, y, x]  # (n, channels, k, k)
    return rows.reshape(len(some), groups, -1).transpose(1, 0, 2)
