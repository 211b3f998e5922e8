"""onnx: the whole classifier as one ONNX file (Linux Foundation, Apache-2.0; PyTorch's dynamo exporter)."""

from pathlib import Path
from typing import Any

from linne.core.errors import MissingExtra, OptionError

from ._failed import failed

FILE = "model.onnx"
files = ("model.onnx",)
PARTS = ("prepare", "network", "answers")
LARGEST = 2_000_000_000
"""Bytes; protobuf allows 2 GiB, and weights are never kept in a file beside."""


def onnx(run: Any, path: Path) -> Path:
    """Write model.onnx into the folder `path`: uint8 `pictures` (B, H, W, 3) of any size to `run.outputs`.

    run: what the engine offers an exporter, see `engine.graph.Parts`. Between the parts stand the tensors `prepared`
    (B, size, size, 3) uint8 and `features`, and the names of a part's nodes begin with its own ("prepare/"), so that a
    reader may begin at `prepared`. Raises MissingExtra without the extra `onnx`, OptionError that names the operation
    where the network has one that ONNX lacks, or for weights beyond 2 GB.
    """
    library = _library()
    model = joined([part(run, name) for name in PARTS])
    if model.ByteSize() > LARGEST:
        raise OptionError(
            f"The network has {model.ByteSize():,} bytes of weights, and an ONNX file holds {LARGEST:,} at most. "
            "Export --to openvino, which keeps weights in a file of their own."
        )
    library.save(model, str(path / FILE))
    return path / FILE


def part(run: Any, name: str) -> Any:
    """A part as an ONNX model, its nodes and initializers named after it. Raises OptionError for what ONNX lacks."""
    import torch

    ends = {"prepare": ("pictures", ["prepared"]), "network": ("prepared", ["features"]),
            "answers": ("features", list(run.outputs[:-1]))}  # fmt: skip
    took, gives = ends[name]
    try:
        program: Any = torch.onnx.export(
            run.program(name), input_names=[took], output_names=gives, dynamo=True, external_data=False, verbose=False
        )
    except Exception as error:
        raise failed(error, "ONNX", "openvino or program") from error
    return _named(program.model_proto, name, {took, *gives})


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


def _named(model: Any, mark: str, ends: set[str]) -> Any:
    """With every name but those of inputs and outputs beginning with the part's own."""
    from onnx import compose

    del model.graph.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    return compose.add_prefix(model, f"{mark}/", rename_inputs=False, rename_outputs=False)


def _sides(value: Any, names: tuple[str, ...]) -> None:
    """Give the free sides of an input or output these names."""
    for dim, name in zip(value.type.tensor_type.shape.dim, names, strict=False):
        dim.dim_param = name


def _library() -> Any:
    try:
        import onnx as library
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Exporting to ONNX", "onnx") from error
    return library
