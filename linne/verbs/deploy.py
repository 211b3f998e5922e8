"""linne deploy: what a bundle needs to run elsewhere: a container, Triton, TensorRT, C++."""

from pathlib import Path
from typing import Any

from ..engine.log import Log


def deploy(bundle: str | Path, *, out: Path, to: str = "docker,triton,tensorrt,cpp", log: Log | None = None) -> Any:
    """Write what a bundle needs to run elsewhere, into a folder of its own.

    docker: a Dockerfile that serves it without PyTorch. triton: a model repository. tensorrt: the line that builds an
    engine. cpp: an example over ONNX Runtime with the golden pictures as its test.

    Parameters
    ----------
    bundle
        A bundle's folder, made by linne export.
    out
        A new folder.
    to
        Which of them, with commas between.
    """
    from ..engine.deploy import deploy as made

    return made(bundle, to, out, log)
