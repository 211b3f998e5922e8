"""linne verify: whether a bundle, or a page, answers here as the run did."""

from pathlib import Path
from typing import Any

from ..core import bundled


def verify(bundle: str | Path, *, runtime: str = "auto") -> Any:
    """Send a bundle's golden pictures through every runtime that is here, and compare with what the run said.

    A page is opened in a browser found here, which does the same. Hashes are compared first. The exit code is 1 where
    an answer differs. PyTorch is not needed.

    Parameters
    ----------
    bundle
        The folder that linne export wrote.
    runtime
        One runtime by name: onnxruntime, openvino, program; every one that is installed when not given. Of a page: web
        for what the browser chooses, wasm or webgpu.
    """
    if bundled.is_page(bundle) or runtime in ("web", "wasm", "webgpu"):
        from ..web.driven import verify as driven

        return driven(bundle, runtime)
    from ..engine.verified import verify as checked

    return checked(bundle, runtime)
