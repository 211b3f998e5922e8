"""onnxruntime: the network exported once to ONNX, run by ONNX Runtime (Microsoft, MIT)."""

import os
from typing import Any

import numpy as np

from ...core.errors import MissingExtra
from ...core.files import aside_of
from ._runner import Runner

package = "onnxruntime"
# seconds to get ready first and again, pictures/s (EfficientNet-Lite0, 2 cores): a guess until measured here
expected = {"onnxruntime": (12.0, 0.5, 90)}


def onnxruntime(network: Any, size: int, *, batch: int = 16) -> Runner:
    """A Runner on ONNX Runtime in float32. batch: pictures a run.

    The exported network is kept in `network.folder`; only the export imports torch. Raises MissingExtra where the
    extra `onnx` is not installed.
    """
    try:
        import onnxruntime as library
    except ImportError as error:
        raise MissingExtra("The runtime 'onnxruntime'", "onnx") from error
    options = library.SessionOptions()
    options.log_severity_level = 3
    place = str(_exported(network, size))
    session = library.InferenceSession(place, options, providers=["CPUExecutionProvider"])

    def run(pictures: np.ndarray) -> Any:
        return session.run(None, {"pictures": pictures})

    return Runner("onnxruntime", "f32", batch, run, tuple, ahead=1)


def _exported(network: Any, size: int) -> Any:
    place = network.folder / f"onnx-{size}.onnx"
    if not place.exists():
        try:
            import onnxscript  # noqa: F401
        except ImportError as error:
            raise MissingExtra("Exporting to ONNX", "onnx") from error
        import torch

        aside = aside_of(place, "onnx")
        example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
        free = {"x": {0: torch.export.Dim("batch", min=1, max=4096)}}
        program: Any = torch.onnx.export(
            network.graph(),
            (example,),
            input_names=["pictures"],
            output_names=["features", "logits"],
            dynamic_shapes=free,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        program.save(str(aside))
        os.replace(aside, place)
    return place
