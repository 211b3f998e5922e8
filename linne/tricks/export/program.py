"""program: the whole classifier as a program of torch.export, model.pt2 (Ansel et al. 2024, ASPLOS, PyTorch 2)."""

import io
import zipfile
from pathlib import Path
from typing import Any

from linne.core.errors import OptionError

from ._failed import failed

FILE = "model.pt2"
files = ("model.pt2",)
PRECISIONS = ("float32", "float16", "bfloat16")


def program(run: Any, path: Path, *, precision: str = "float32") -> Path:
    """Write model.pt2 into the folder `path`: uint8 pictures (B, H, W, 3) of any size to a tuple, as `run.outputs`.

    run: what the engine offers an exporter, see `engine.graph.Parts`. Its archive holds numbers and JSON, no pickle.
    precision: in which the network computes, "float32", "float16" or "bfloat16". Raises OptionError that names the
    operation where the network cannot be traced, or for another precision.
    """
    import torch

    if precision not in PRECISIONS:
        raise OptionError(
            f"--to program has no {precision}: PyTorch's quantiser is another package. Take --to onnx or openvino, or "
            f"{', '.join(PRECISIONS)}."
        )

    try:
        traced = run.program("whole", precision)
        buffer = io.BytesIO()
        torch.export.save(traced, buffer)
    except Exception as error:
        raise failed(error, "a torch.export program", "onnx or openvino") from error
    (path / FILE).write_bytes(_emptied(buffer.getvalue()))
    return path / FILE


def _emptied(content: bytes) -> bytes:
    """The archive without the example inputs, which PyTorch puts into it as a pickle."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            new.writestr(info.filename, b"" if "/sample_inputs/" in info.filename else old.read(info))
    return out.getvalue()
