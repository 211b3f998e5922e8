"""onnxruntime: a bundle's model.onnx by ONNX Runtime on the processor (Microsoft, MIT)."""

from typing import Any

import numpy as np

from linne.core import wire
from linne.core.errors import MissingExtra, RunError

package = "onnxruntime"
extra = "onnx"
files = (("model.onnx",),)


class onnxruntime:
    """Call it with uint8 pictures of one size to its answers by name.

    content: the bytes of the files by name, hashes compared. entry: "pictures" takes (B, H, W, 3) of any size,
    "prepared" (B, size, size, 3). threads: 0 for all cores. Raises MissingExtra without ONNX Runtime, RunError for a
    model that it cannot read, or that is not self-contained.
    """

    def __init__(self, content: dict[str, bytes], entry: str, *, threads: int = 0) -> None:
        try:
            import onnxruntime as library
        except ImportError as error:
            raise MissingExtra("The runtime 'onnxruntime'", "onnx") from error
        model = content["model.onnx"]
        wire.checked(model)
        if entry == "prepared":
            model = wire.begun(model, "prepared", "prepare/")
        options = library.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads
        try:
            self._session = library.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise RunError(f"ONNX Runtime cannot read it: {str(error)[:200]}") from error
        self._entry, self.name, self.version = entry, "onnxruntime", str(library.__version__)
        self._names = [output.name for output in self._session.get_outputs()]

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        found: Any = self._session.run(None, {self._entry: pictures})
        return dict(zip(self._names, found, strict=True))
