"""One part of a classifier as an ONNX model."""

from typing import Any

from linne.core.errors import MissingExtra

from ._failed import failed


def library() -> Any:
    """The package, with what exports to it. Raises MissingExtra."""
    try:
        import onnx as package
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Exporting to ONNX", "onnx") from error
    return package


def part(run: Any, name: str) -> Any:
    """A part as an ONNX model, its nodes and initializers named after it. Raises OptionError for what ONNX lacks.

    Exported once for a run, whatever is made of it.
    """
    import torch

    if name in run.memo:
        return run.memo[name].__deepcopy__()

    ends = {"prepare": ("pictures", ["prepared"]), "network": ("prepared", ["features"]),
            "answers": ("features", list(run.outputs[:-1]))}  # fmt: skip
    took, gives = ends[name]
    try:
        program: Any = torch.onnx.export(
            run.program(name), input_names=[took], output_names=gives, dynamo=True, external_data=False, verbose=False
        )
    except Exception as error:
        raise failed(error, "ONNX", "openvino or program") from error
    run.memo[name] = _named(program.model_proto, name, {took, *gives})
    return run.memo[name].__deepcopy__()


def _named(model: Any, mark: str, ends: set[str]) -> Any:
    """With every name but those of inputs and outputs beginning with the part's own."""
    from onnx import compose

    del model.graph.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    return compose.add_prefix(model, f"{mark}/", rename_inputs=False, rename_outputs=False)
