"""openvino: a bundle's model.xml, or its model.onnx, by OpenVINO on the processor (Intel, Apache-2.0)."""

from collections import deque
from typing import Any

import numpy as np

from linne.core import silent, wire
from linne.core.errors import RunError

package = "openvino"
extra = "openvino"
files = (("model.xml", "model.bin"), ("model.onnx",))
LONGEST = 64_000_000
"""Bytes of a model's XML."""


class openvino:
    """Call it with uint8 pictures of one size to its answers by name.

    content: the bytes of the files by name, hashes compared. entry: "pictures" takes (B, H, W, 3) of any size,
    "prepared" (B, size, size, 3). threads: 0 for all cores. precision: "f32", or "bf16", which the bundle's config.json
    asks for where it was exported so: the network then computes in it, and what comes before it in float32. Raises
    RunError for a model that it cannot read, MissingExtra where there is no OpenVINO.
    """

    def __init__(self, content: dict[str, bytes], entry: str, *, threads: int = 0, precision: str = "f32") -> None:
        ov = silent.openvino()
        core = ov.Core()
        try:
            hints: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
            if threads:
                hints["INFERENCE_NUM_THREADS"] = threads

            def compiled(model: Any, kind: str) -> Any:
                return core.compile_model(model, "CPU", {**hints, "INFERENCE_PRECISION_HINT": kind})

            self._first = None
            if entry == "pictures" and precision != "f32":
                self._first = _Once(compiled(_ended(ov, _read(core, ov, content)), "f32"))
                entry = "prepared"
            model = _read(core, ov, content)
            self._run = _Once(compiled(_begun(ov, model) if entry == "prepared" else model, precision))
        except RunError:
            raise
        except Exception as error:
            raise RunError(f"OpenVINO cannot read it: {str(error)[:200]}") from error
        self.name, self.version = "openvino", str(ov.__version__).split("-")[0]

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        return self._run(pictures if self._first is None else self._first(pictures)["prepared"])


class _Once:
    """A compiled model, called by any number of threads: input to outputs by name."""

    def __init__(self, compiled: Any) -> None:
        self._compiled, self._free = compiled, deque[Any]()
        self._names = [_name(output) for output in compiled.outputs]

    def __call__(self, given: np.ndarray) -> dict[str, np.ndarray]:
        try:
            request = self._free.pop()
        except IndexError:  # a request serves one thread at a time, so there come to be as many as threads
            request = self._compiled.create_infer_request()
        request.infer({0: np.ascontiguousarray(given)})
        found = [np.array(request.get_output_tensor(k).data) for k in range(len(self._names))]
        self._free.append(request)
        return dict(zip(self._names, found, strict=True))


def _read(core: Any, ov: Any, content: dict[str, bytes]) -> Any:
    if "model.xml" in content:
        text = content["model.xml"]
        if len(text) > LONGEST or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise RunError("model.xml is no OpenVINO model: it is too long, or declares a document type")
        weights = np.frombuffer(content["model.bin"], np.uint8)
        return core.read_model(text, ov.Tensor(weights.copy()))
    wire.checked(content["model.onnx"])
    return core.read_model(content["model.onnx"])


def _begun(ov: Any, model: Any) -> Any:
    """The same model from its tensor `prepared` on."""
    output = _prepared(model)
    given = ov.opset13.parameter(output.get_partial_shape(), output.get_element_type(), name="prepared")
    for target in output.get_target_inputs():
        target.replace_source_output(given.output(0))
    return ov.Model(model.get_results(), [given], "prepared")


def _ended(ov: Any, model: Any) -> Any:
    """The same model up to its tensor `prepared`: in bfloat16 its resize had 7 of 10 values wrong, by up to 11."""
    return ov.Model([ov.opset13.result(_prepared(model))], model.get_parameters(), "pictures")


def _prepared(model: Any) -> Any:
    """The tensor between preparing and the network. Raises RunError where there is none."""
    for node in model.get_ordered_ops():
        for output in node.outputs():
            if "prepared" in output.get_names():
                return output
    raise RunError("it has no tensor 'prepared' to begin at")


def _name(output: Any) -> str:
    known = ("probabilities", "logits", "set", "unknown", "features", "prepared")
    return next((name for name in known if name in output.get_names()), output.get_any_name())
