"""linne verify: whether a bundle answers here as the run did."""

from pathlib import Path
from typing import Any


def verify(bundle: str | Path, *, runtime: str = "auto") -> Any:
    """Send a bundle's golden pictures through every runtime that is here, and compare with what the run said.

    Hashes are compared first. The exit code is 1 where an answer differs. PyTorch is not needed.

    Parameters
    ----------
    bundle
        The folder that linne export wrote.
    runtime
        One runtime by name: onnxruntime, openvino, program; every one that is installed when not given.
    """
    from ..engine.verified import verify as checked

    return checked(bundle, runtime)
