"""onnx: the whole classifier as one ONNX file (Linux Foundation, Apache-2.0; PyTorch's dynamo exporter)."""

from pathlib import Path
from typing import Any

from linne.core.errors import OptionError

from ._part import library, part
from ._quantised import quantised

FILE = "model.onnx"
files = ("model.onnx",)
needs = (("onnx", "onnx"), ("onnxscript", "onnx"), ("onnxruntime", "onnx"))
"""Packages, and the extra that brings each."""
PARTS = ("prepare", "network", "answers")
PRECISIONS = ("float32", "float16", "int8")
LARGEST = 2_000_000_000
"""Bytes; protobuf allows 2 GiB, and weights are never kept in a file beside."""
SMALL = 1024
"""Bytes of a tensor below which halving it is not worth a node."""


def onnx(run: Any, path: Path, *, precision: str = "float32", keep: float = 0.0) -> Path:
    """Write model.onnx into the folder `path`: uint8 `pictures` (B, H, W, 3) of any size to `run.outputs`.

    run: what the engine offers an exporter, see `engine.graph.Parts`. Between the parts stand the tensors `prepared`
    (B, size, size, 3) uint8 and `features`, and the names of a part's nodes begin with its own ("prepare/"), so that a
    reader may begin at `prepared`. precision: of the network, "float32"; "float16", whose weights are kept in half and
    computed with in float32; or "int8", calibrated by run.samples. keep: of int8, the share of the layers that stay in
    float32, whose names go into `run.kept`; 1 for weights alone in 8 bits. Raises MissingExtra without the extra
    `onnx`, OptionError that names the operation where the network has one that ONNX lacks, for another precision, or
    for weights beyond 2 GB.
    """
    package = library()
    if precision not in PRECISIONS:
        raise OptionError(
            f"--to onnx has no {precision}: ONNX Runtime computes it on no processor. Take --to openvino, or "
            f"{', '.join(PRECISIONS)}."
        )
    parts = {name: part(run, name) for name in PARTS}
    if precision == "int8":
        parts["network"], run.kept = quantised(run, keep)
    elif precision == "float16":
        halved(parts["network"])
    model = joined(list(parts.values()))
    if model.ByteSize() > LARGEST:
        raise OptionError(
            f"The network has {model.ByteSize():,} bytes of weights, and an ONNX file holds {LARGEST:,} at most. "
            "Export --to openvino, which keeps weights in a file of their own."
        )
    package.save(model, str(path / FILE))
    return path / FILE


def joined(parts: list[Any]) -> Any:
    """The parts as one model, one's outputs the next one's inputs."""
    from onnx import TensorProto, checker, compose, helper

    whole = parts[0]
    for following in parts[1:]:
        took = following.graph.input[0].name
        kept = [output.name for output in following.graph.output]
        kept += ["features"] if "features" not in kept else []
        whole = compose.merge_models(whole, following, io_map=[(took, took)], outputs=kept)
    size = parts[1].graph.input[0].type.tensor_type.shape.dim[1].dim_value
    kept = [info for info in whole.graph.value_info if info.name != "prepared"]
    del whole.graph.value_info[:]
    shape = ["batch", size, size, 3]
    whole.graph.value_info.extend([*kept, helper.make_tensor_value_info("prepared", TensorProto.UINT8, shape)])
    _sides(whole.graph.input[0], ("batch", "height", "width"))
    for output in whole.graph.output:
        _sides(output, ("batch",))
    versions = {one.domain: one for one in whole.opset_import if one.domain in ("", "ai.onnx")}
    del whole.opset_import[:]
    whole.opset_import.extend(versions.values())
    checker.check_model(whole)
    return whole


def halved(model: Any) -> None:
    """Keep large float32 weights as float16, widened where they are used."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.raw_data) < SMALL:
            continue
        name = tensor.name
        values = numpy_helper.to_array(tensor).astype("float16")
        tensor.CopyFrom(numpy_helper.from_array(values, f"{name}/half"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], f"{name}/cast", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _sides(value: Any, names: tuple[str, ...]) -> None:
    """Give the free sides of an input or output these names."""
    for dim, name in zip(value.type.tensor_type.shape.dim, names, strict=False):
        dim.dim_param = name
