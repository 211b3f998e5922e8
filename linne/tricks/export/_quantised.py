"""A network in ONNX with weights and activations of 8 bits, calibrated by own pictures (Jacob et al. 2018, CVPR;
static, weights symmetric by output, activations by tensor), and which of its layers suffer most."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.errors import InputError, MissingExtra, OptionError

from ._part import part
from ._rounding import LARGEST, rounded, span
from ._seen import LAYERS, Graph, Seen, attributes, seen, session

FEW, CALIBRATE, PROBE = 16, 96, 8
"""Own pictures that are needed, that calibrate at most, and by which single layers are tried."""


@dataclass(frozen=True, eq=False)
class Eight:
    """A layer's weights in 8 bits. whole: int8 as the layer holds them; scale: (r,); bias: (r,), None for none."""

    whole: np.ndarray
    scale: np.ndarray
    bias: "np.ndarray | None"


@dataclass(frozen=True, eq=False)
class Ready:
    """All that is worked out once. layers: in 8 bits, by name. order: names, the one that suffers most first."""

    graph: Graph
    seen: Seen
    layers: dict[str, Eight]
    order: list[str]


def quantised(run: Any, keep: float) -> tuple[Any, list[str]]:
    """(the network from `prepared` to `features` in 8 bits, the layers that stay in float32).

    run: what the engine offers an exporter. keep: share of the layers that stay in float32, those that alone change the
    features most; 1 for weights of 8 bits and activations of float32 in all. Raises InputError for too few pictures,
    OptionError for a network without layers that can be quantised.
    """
    if "quantised" not in run.memo:
        run.memo["quantised"] = _ready(part(run, "network"), run.samples)
    ready: Ready = run.memo["quantised"]
    if keep >= 1:
        return written(ready, [], list(ready.layers)), [_short(name) for name in ready.layers]
    kept = ready.order[: max(1, round(keep * len(ready.order)))] if keep else []
    return written(ready, [name for name in ready.layers if name not in kept]), [_short(name) for name in kept]


def _short(name: str) -> str:
    return name.removeprefix("network/")


def _ready(model: Any, samples: np.ndarray) -> Ready:
    """Ranges, weights and the order of the layers."""
    if len(samples) < FEW:
        raise InputError(
            f"int8 is calibrated by the run's own learning pictures, and {len(samples)} of them can be opened; {FEW} "
            "are needed. Put the pictures back where they were, or export in float32."
        )
    graph = Graph(_plain(model))
    if not graph.layers:
        raise OptionError("The network has no convolutions or matrix products that could be quantised.")
    some = np.linspace(0, len(samples) - 1, min(len(samples), CALIBRATE)).astype(int)
    found = seen(graph, samples[some])
    layers = {node.name: _eight(graph, found, node) for node in graph.layers}
    ready = Ready(graph, found, layers, [])
    pictures = samples[:PROBE]
    plain = _features(graph.model, pictures)
    moved = [float(np.linalg.norm(_features(written(ready, [name]), pictures) - plain)) for name in layers]
    order = [list(layers)[k] for k in np.argsort(moved, kind="stable")[::-1]]
    return Ready(graph, found, layers, order)


def _eight(graph: Graph, found: Seen, node: Any) -> Eight:
    """A layer's weights in 8 bits, and the bias that gives its mean back."""
    rows, inputs, bias = graph.rows(node), found.inputs[node.name], graph.bias(node)
    scale = float(span(*found.ranges[node.input[0]])[0])
    least = np.zeros(rows.shape[:2]) if bias is None else np.abs(bias).reshape(rows.shape[:2]) / (scale * LARGEST)
    whole, scales = rounded(rows, inputs.spread(), least)
    if bias is not None:
        lost = np.einsum("grd,gd->gr", rows - whole * scales[..., None], inputs.mean())
        bias = (bias + lost.ravel()).astype(np.float32)
    return Eight(graph.shaped(node, whole), scales.ravel(), bias)


@contextmanager
def _quiet() -> Iterator[None]:
    """It advises at length through the root logger, which is the caller's own and is left as it was."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def _plain(model: Any) -> Any:
    """With batch norm folded into convolutions, and every node named."""
    try:
        import onnx
        from onnxruntime.quantization.shape_inference import quant_pre_process
    except ImportError as error:
        raise MissingExtra("Quantising to int8", "onnx") from error
    with tempfile.TemporaryDirectory() as home:
        first, second = Path(home) / "first.onnx", Path(home) / "second.onnx"
        onnx.save(model, str(first))
        with _quiet():
            quant_pre_process(str(first), str(second), skip_symbolic_shape=True)
        model = onnx.load(str(second))
    own = [one for one in model.opset_import if one.domain in ("", "ai.onnx")][:1]
    del model.opset_import[:]
    model.opset_import.extend(own)
    for place, node in enumerate(model.graph.node):
        node.name = node.name or f"network/{node.op_type}_{place}"
    return model


def written(ready: Ready, chosen: list[str], weights: "list[str] | None" = None) -> Any:
    """The model with the chosen layers in 8 bits, in QuantizeLinear and DequantizeLinear nodes.

    weights: layers of which the weights alone are in 8 bits.
    """
    import onnx

    model = onnx.ModelProto()
    model.CopyFrom(ready.graph.model)
    writer = _Writer(ready, model)
    eight = [node for node in ready.graph.layers if node.name in chosen]
    for name in dict.fromkeys(name for node in eight for name in (node.input[0], ready.graph.gives(node))):
        writer.activation(name, set(chosen))
    for node in list(model.graph.node):
        writer.renamed(node, node.op_type in LAYERS and node.name not in chosen)
        if node.name in chosen or node.name in (weights or ()):
            writer.layer(node, node.name in chosen)
    return writer.finished()


class _Writer:
    """Puts nodes and initializers of 8 bits into a model."""

    def __init__(self, ready: Ready, model: Any) -> None:
        self.ready, self.model, self.names = ready, model, dict[str, str]()
        self.nodes: list[Any] = []

    def _constant(self, value: np.ndarray, name: str) -> str:
        from onnx import numpy_helper

        self.model.graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    def _wide(self, whole: np.ndarray, scale: np.ndarray, name: str, axis: int) -> str:
        """Constants of 8 or 32 bits as what gives their float32."""
        from onnx import helper

        given = [self._constant(whole, f"{name}/whole"), self._constant(scale, f"{name}/scale"),
                 self._constant(np.zeros(len(scale), whole.dtype), f"{name}/zero")]  # fmt: skip
        self.nodes.append(
            helper.make_node("DequantizeLinear", given, [f"{name}/wide"], f"{name}/dequantize", axis=axis)
        )
        return f"{name}/wide"

    def _folded(self, whole: np.ndarray, scale: np.ndarray, name: str, axis: int) -> str:
        """Constants of 8 bits that a runtime widens once, when it opens the model: DequantizeLinear every time."""
        from onnx import TensorProto, helper

        shape = [len(scale) if side == axis else 1 for side in range(whole.ndim)]
        given = self._constant(whole, f"{name}/whole"), self._constant(scale.reshape(shape), f"{name}/scale")
        self.nodes += [
            helper.make_node("Cast", [given[0]], [f"{name}/cast"], f"{name}/widen", to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}/cast", given[1]], [f"{name}/wide"], f"{name}/multiply"),
        ]
        return f"{name}/wide"

    def activation(self, name: str, chosen: set[str]) -> None:
        """Round a tensor; a clip or ReLU that the range does already goes away where its layer is in 8 bits too.

        Layers in float32 widen it by arithmetic: ONNX Runtime gives a layer between DequantizeLinear and QuantizeLinear
        weights of 8 bits by tensor, whatever it has, and 5 layers kept in float32 lost 4 dB more than 2 (bench/LOG.md).
        """
        from onnx import helper

        graph, took = self.ready.graph, name
        scale, zero = span(*self.ready.seen.ranges[name])
        clip = graph.makes.get(name)
        if clip is not None and _inside(graph, clip, self.ready.seen.ranges[name], chosen):
            took = clip.input[0]
            self.model.graph.node.remove(next(node for node in self.model.graph.node if node.name == clip.name))
        ends = [self._constant(np.array(scale), f"{name}/scale"), self._constant(np.array(zero), f"{name}/zero")]
        self.nodes += [
            helper.make_node("QuantizeLinear", [took, *ends], [f"{name}/eight"], f"{name}/quantize"),
            helper.make_node("DequantizeLinear", [f"{name}/eight", *ends], [f"{name}/wide"], f"{name}/dequantize"),
        ]
        self.names[name] = f"{name}/wide"
        if any(node.op_type in LAYERS and node.name not in chosen for node in graph.takes[name]):
            self._plainly(name, scale, float(zero))

    def _plainly(self, name: str, scale: np.float32, zero: float) -> None:
        """The same numbers as DequantizeLinear's."""
        from onnx import TensorProto, helper

        middle, by = self._constant(np.array(zero, np.float32), f"{name}/middle"), f"{name}/scale"
        self.nodes += [
            helper.make_node("Cast", [f"{name}/eight"], [f"{name}/float"], f"{name}/widen", to=TensorProto.FLOAT),
            helper.make_node("Sub", [f"{name}/float", middle], [f"{name}/moved"], f"{name}/move"),
            helper.make_node("Mul", [f"{name}/moved", by], [f"{name}/plain"], f"{name}/multiply"),
        ]

    def renamed(self, node: Any, plain: bool) -> None:
        """Let a node take what was rounded; plain: a layer in float32."""
        for place, name in enumerate(node.input):
            if name in self.names:
                node.input[place] = f"{name}/plain" if plain else self.names[name]

    def layer(self, node: Any, whole: bool) -> None:
        """Give a layer its weights in 8 bits, and where it is wholly in 8 bits its bias in 32."""
        found, graph = self.ready.layers[node.name], self.ready.graph
        name, axis = node.input[1], graph.axis(node)
        if whole:
            node.input[1] = self._wide(found.whole, found.scale, name, axis)
        else:
            node.input[1] = self._folded(found.whole, found.scale, name, axis)
        if found.bias is None:
            return
        bias = f"{node.name}/bias"
        if not whole or attributes(node).get("beta", 1.0) != 1.0:
            node.input[2] = self._constant(found.bias, bias)
            return
        took = next(one for one in graph.layers if one.name == node.name).input[0]
        scale = found.scale * span(*self.ready.seen.ranges[took])[0]
        node.input[2] = self._wide(np.rint(found.bias / scale.astype(np.float64)).astype(np.int32), scale, bias, 0)

    def finished(self) -> Any:
        """The model, its nodes in order, without constants that nobody takes."""
        graph = self.model.graph
        nodes = _ordered([*graph.node, *self.nodes], {one.name for one in (*graph.input, *graph.initializer)})
        del graph.node[:]
        graph.node.extend(nodes)
        taken = {name for node in nodes for name in node.input}
        held = [one for one in graph.initializer if one.name in taken]
        del graph.initializer[:]
        graph.initializer.extend(held)
        return self.model


def _inside(graph: Graph, clip: Any, ends: tuple[float, float], chosen: set[str]) -> bool:
    """Whether rounding to a range does what a clip or ReLU does, right after a layer in 8 bits."""
    layer = graph.makes.get(clip.input[0]) if clip.op_type in ("Clip", "Relu") else None
    if layer is None or layer.name not in chosen or ends[0] < 0 or len(graph.takes[clip.input[0]]) > 1:
        return False
    if clip.op_type == "Relu":
        return True
    limits = [graph.weights.get(name) for name in clip.input[1:3]]
    return len(limits) == 2 and all(
        one is not None and fits for one, fits in zip(limits, _fits(limits, ends), strict=True)
    )


def _fits(limits: list[Any], ends: tuple[float, float]) -> tuple[bool, bool]:
    low, high = (0.0 if one is None else float(one) for one in limits)
    return low <= 0, ends[1] <= high * (1 + 1e-6)


def _ordered(nodes: list[Any], have: set[str]) -> list[Any]:
    """Nodes so that each comes after what it takes."""
    from onnx import NodeProto

    out, have, waiting = [], have | {""}, [NodeProto.FromString(node.SerializeToString()) for node in nodes]
    while waiting:
        ready = [node for node in waiting if all(name in have for name in node.input)]
        if not ready:
            lost = sorted({name for node in waiting for name in node.input} - have)
            raise OptionError(f"The network takes what nothing in it makes: {', '.join(lost[:3])}. Export in float32.")
        have |= {name for node in ready for name in node.output}
        out += ready
        waiting = [node for node in waiting if not all(name in have for name in node.output)]
    return out


def _features(model: Any, pictures: np.ndarray) -> np.ndarray:
    return np.asarray(session(model).run(["features"], {"prepared": pictures})[0])
