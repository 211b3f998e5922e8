"""ONNX files that another library checks and runs."""

import logging
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from linne.core import wire
from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.engine.graph import Parts
from linne.tricks.export._quantised import _ordered


@pytest.fixture
def parts(exported_parts: Parts) -> Parts:
    return exported_parts


def test_inputs_and_outputs_have_names_and_free_sides(shipped: tuple[Path, Path]) -> None:
    model = onnx.load(str(shipped[1] / "model.onnx"))
    onnx.checker.check_model(model, full_check=True)
    assert [one.name for one in model.graph.input] == ["pictures"]
    assert {one.name for one in model.graph.output} == {"probabilities", "logits", "set", "unknown", "features"}
    sides = [side.dim_param or side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]
    assert sides == ["batch", "height", "width", 3]


def test_half_the_bytes_and_nearly_the_answers(parts: Parts, shipped: tuple[Path, Path], tmp_path: Path) -> None:
    file = find("export", "onnx(precision=float16)")(parts, tmp_path)
    whole = (shipped[1] / "model.onnx").stat().st_size
    assert file.stat().st_size < 0.7 * whole
    said = []
    for path in (file, shipped[1] / "model.onnx"):
        session = onnxruntime.InferenceSession(wire.begun(path.read_bytes(), "prepared", "prepare/"))
        said.append(session.run(["probabilities"], {"prepared": parts.samples})[0])
    assert 0 < np.abs(said[0] - said[1]).max() < 0.02


def test_eight_bits_keep_the_layers_that_are_asked_for(parts: Parts, tmp_path: Path) -> None:
    level = logging.getLogger().level
    file = find("export", "onnx(precision=int8, keep=.4)")(parts, tmp_path)
    assert logging.getLogger().level == level, "the root logger is the caller's"
    model = onnx.load(str(file))
    layers = [
        node for node in model.graph.node if node.op_type in ("Conv", "Gemm", "MatMul") and "network/" in node.name
    ]
    made = {name for node in model.graph.node if node.op_type == "DequantizeLinear" for name in node.output}
    plain = [node.name.removeprefix("network/") for node in layers if node.input[1] not in made]
    assert 0 < len(plain) < len(layers)
    assert set(parts.kept) == set(plain)


def test_what_a_processor_does_not_compute_is_refused(parts: Parts, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--to openvino"):
        find("export", "onnx(precision=bfloat16)")(parts, tmp_path)
    assert not list(tmp_path.iterdir())


def test_says_which_operation_cannot_be_written(parts: Parts, tmp_path: Path) -> None:
    import torch

    class Odd(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.linalg.eigvals(x.to(torch.float32).mean(3)).real

    asked = Parts.__new__(Parts)
    asked.__dict__ = parts.__dict__ | {"network": Odd(), "memo": {}}
    with pytest.raises(OptionError, match=r"linalg_eig.*Try --to openvino or program"):
        find("export", "onnx")(asked, tmp_path)


def test_layers_kept_in_float32_keep_their_weights_in_onnx_runtime(parts: Parts, tmp_path: Path) -> None:
    """Its optimiser gives a layer between DequantizeLinear and QuantizeLinear weights of 8 bits by tensor."""
    content = find("export", "onnx(precision=int8, keep=.4)")(parts, tmp_path).read_bytes()
    said = []
    for level in (
        onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
        onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    ):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        session = onnxruntime.InferenceSession(wire.begun(content, "prepared", "prepare/"), options)
        said.append(session.run(["logits"], {"prepared": parts.samples})[0])
    plain = onnxruntime.InferenceSession(
        wire.begun(find("export", "onnx")(parts, tmp_path).read_bytes(), "prepared", "prepare/")
    ).run(["logits"], {"prepared": parts.samples})[0]
    lost = [float(np.square(one - plain).mean()) for one in said]
    assert lost[1] < 1.5 * lost[0]


def test_weights_alone_in_eight_bits_are_a_quarter_and_nearly_the_same(
    parts: Parts, shipped: tuple[Path, Path], tmp_path: Path
) -> None:
    file = find("export", "onnx(precision=int8, keep=1.0)")(parts, tmp_path)
    plain = onnx.load(str(shipped[1] / "model.onnx"))
    weights = sum(len(one.raw_data) for one in plain.graph.initializer if one.name.startswith("network/"))
    assert (shipped[1] / "model.onnx").stat().st_size - file.stat().st_size > 0.7 * weights
    assert not [node for node in onnx.load(str(file)).graph.node if node.op_type == "QuantizeLinear"]
    said = []
    for path in (file, shipped[1] / "model.onnx"):
        session = onnxruntime.InferenceSession(wire.begun(path.read_bytes(), "prepared", "prepare/"))
        said.append(session.run(["probabilities"], {"prepared": parts.samples})[0])
    assert 0 < np.abs(said[0] - said[1]).max() < 0.02


def test_a_graph_that_takes_what_nothing_makes_is_said() -> None:
    nodes = [onnx.helper.make_node("Relu", ["b"], ["c"], "two"), onnx.helper.make_node("Relu", ["a"], ["b"], "one")]
    assert [node.name for node in _ordered(nodes, {"a"})] == ["one", "two"]
    with pytest.raises(OptionError, match="takes what nothing in it makes: a"):
        _ordered(nodes, set())
