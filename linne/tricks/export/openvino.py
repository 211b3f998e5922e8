"""openvino: the whole classifier as OpenVINO's own format, model.xml and model.bin (Intel, Apache-2.0)."""

import warnings
from pathlib import Path
from typing import Any

from linne.core import silent
from linne.core.errors import OptionError

from . import _part
from ._failed import failed
from ._quantised import quantised

files = ("model.xml", "model.bin")
PARTS = ("prepare", "network", "answers")
PRECISIONS = ("float32", "float16", "bfloat16", "int8")
SMALL = 1024
"""Bytes of a constant below which halving it is not worth a node."""


def openvino(run: Any, path: Path, *, precision: str = "float32", keep: float = 0.0) -> Path:
    """Write model.xml and model.bin into the folder `path`: uint8 `pictures` (B, H, W, 3) of any size to `run.outputs`.

    run: what the engine offers an exporter, see `engine.graph.Parts`. The tensors `prepared` and `features` between the
    parts keep their names. precision: of the network, "float32"; "float16", whose weights are kept in half;
    "bfloat16", in which a processor computes that has it, where the model is opened so; or "int8", calibrated by
    run.samples. keep: of int8, the share of the layers that stay in float32, whose names go into `run.kept`; 1
    for weights alone in 8 bits. Raises OptionError that names the operation where the network has one that OpenVINO
    lacks, or for another precision.
    """
    ov = silent.openvino()
    if precision not in PRECISIONS:
        raise OptionError(f"--to openvino has no {precision}: it has {', '.join(PRECISIONS)}.")
    parts = [eight(run, ov, keep) if (name, precision) == ("network", "int8") else part(run, name, ov)
             for name in PARTS]  # fmt: skip
    if precision == "float16":
        halved(ov, parts[1])
    ov.save_model(joined(ov, parts, run.outputs), path / files[0], compress_to_fp16=False)
    return path / files[0]


def eight(run: Any, ov: Any, keep: float) -> Any:
    """The network in 8 bits, as ONNX Runtime's quantiser writes it and OpenVINO reads it."""
    _part.library()
    model, run.kept = quantised(run, keep)
    return ov.Core().read_model(model.SerializeToString())


def part(run: Any, name: str, ov: Any) -> Any:
    """A part as OpenVINO has it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ov.convert_model(run.program(name))
    except Exception as error:
        raise failed(error, "OpenVINO", "onnx or program") from error


def halved(ov: Any, model: Any) -> None:
    """Keep large float32 constants of a part as float16, widened where they are used.

    Of the network alone: in half its axes the score of strangeness `vim` was wrong by 680 times its spread.
    """
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Constant" or node.get_element_type() != ov.Type.f32:
            continue
        values = node.get_data()
        if values.nbytes < SMALL:
            continue
        targets = node.output(0).get_target_inputs()
        wide = ov.opset13.convert(ov.opset13.constant(values.astype("float16")), "f32")
        for target in targets:
            target.replace_source_output(wide.output(0))


def joined(ov: Any, parts: list[Any], outputs: tuple[str, ...]) -> Any:
    """The parts as one model, one's output the next one's input."""
    for before, after, name in zip(parts[:-1], parts[1:], ("prepared", "features"), strict=True):
        gives = before.output(0).get_node().input(0).get_source_output()
        for target in after.input(0).get_target_inputs():
            target.replace_source_output(gives)
        gives.get_tensor().set_names({name})
    features = parts[1].output(0).get_node().input(0).get_source_output()
    ends = [*(output.get_node() for output in parts[2].outputs), ov.opset13.result(features)]
    for end, name in zip(ends, outputs, strict=True):
        end.input(0).get_source_output().get_tensor().set_names({name})
    parts[0].input(0).get_tensor().set_names({"pictures"})
    return ov.Model(ends, parts[0].get_parameters(), "linne")
