"""openvino: the network converted once to OpenVINO, run through its asynchronous queue (Intel OpenVINO, Apache-2.0)."""

import os
import warnings
from collections import deque
from typing import Any

import numpy as np

from ...core import silent
from ...core.errors import OptionError
from ...core.files import aside_of
from ._runner import Runner

package = "openvino"
# seconds to get ready first and again, pictures/s (EfficientNet-Lite0, 2 cores): a guess until measured here
expected = {"openvino(bf16)": (9.0, 0.4, 300), "openvino(f32)": (9.0, 0.4, 150)}
PRECISIONS = ("auto", "bf16", "f32")
SHAPING, POOLING = ("Reshape", "Squeeze", "Convert"), ("ReduceMean", "AdaptiveAvgPool", "AvgPool")
"""Operations between the mean over places and the features, and those that are the mean."""


def openvino(network: Any, size: int, *, precision: str = "auto", batch: int = 4, maps: bool = False) -> Runner:
    """A Runner on OpenVINO's CPU plug-in.

    precision: "f32", "bf16", or "auto" (bf16 where the processor has it). batch: pictures a request; a fixed shape of 4
    measured 400 pictures/s against 308 with a free one (EfficientNet-Lite0, bf16, 2 cores). The converted network is
    kept in `network.folder`; only the first conversion imports torch. maps: in place of the logits comes the map
    (width, h, w) whose mean over places the features are. Raises OptionError for a precision that is not one of these
    or a network whose features are no such mean, and MissingExtra where OpenVINO has no wheel.
    """
    if precision not in PRECISIONS:
        raise OptionError(f"openvino precision is one of {', '.join(PRECISIONS)}, got {precision!r}.")
    ov = silent.openvino()
    core = ov.Core()
    if precision == "auto":
        precision = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
    model = core.read_model(_converted(network, size, ov))
    if maps:
        model.add_outputs([_averaged(model, network)])
    model.reshape([batch, size, size, 3])
    hints = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "THROUGHPUT"}
    return _runner(core.compile_model(model, "CPU", hints), precision, batch, (0, 2) if maps else (0, 1))


def _averaged(model: Any, network: Any) -> Any:
    """The output in a converted network whose mean over places the features are. Raises OptionError for none."""
    node = model.output(0).get_node().input_value(0).get_node()
    while node.get_type_name() in SHAPING:
        node = node.input_value(0).get_node()
    if node.get_type_name() in POOLING:
        found = node.input_value(0)
        shape = found.get_partial_shape()
        if len(shape) == 4 and shape[1].is_static and shape[1].get_length() == network.width:
            return found
    raise OptionError(f"The features of {network.name} are not the mean of a map over its places.")


def _runner(compiled: Any, precision: str, batch: int, outputs: tuple[int, int]) -> Runner:
    """Requests in turn, a stream of pictures has twice as many as run at a time; no Python callback, which aborted half
    of all exits."""
    streams = _streams(compiled)
    requests = deque[Any]()

    def start(pictures: np.ndarray) -> Any:
        try:
            request = requests.popleft()
        except IndexError:  # as many as there are tickets at a time, over all threads
            request = compiled.create_infer_request()
        request.start_async({0: pictures})
        return request

    def finish(request: Any) -> tuple[np.ndarray, ...]:
        request.wait()
        found = tuple(np.array(request.get_output_tensor(place).data, dtype=np.float32) for place in outputs)
        requests.append(request)  # free once its answer is copied: another thread takes it at once
        return found

    return Runner("openvino", precision, batch, start, finish, 2 * streams - 1, streams + 1)


def _streams(compiled: Any) -> int:
    return int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))


def _converted(network: Any, size: int, ov: Any) -> str:
    place = network.folder / f"openvino-{ov.__version__.split('-')[0]}-{size}.xml"
    if not place.exists():
        import torch

        example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the converter traces, and says so at length
            model = ov.convert_model(network.graph(), example_input=example)
        aside = aside_of(place, "xml")
        ov.save_model(model, aside, compress_to_fp16=False)
        os.replace(aside.with_suffix(".bin"), place.with_suffix(".bin"))
        os.replace(aside, place)
    return str(place)
