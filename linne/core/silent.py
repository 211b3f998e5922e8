"""OpenVINO without its telemetry: its tools fall back to a stub when the telemetry package is not there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import MissingExtra


def openvino() -> Any:
    """The package. Raises MissingExtra where there is no wheel of it."""
    with _without("openvino_telemetry"):
        try:
            import openvino as library
            import openvino.opset13
        except ImportError as error:
            raise MissingExtra("The runtime 'openvino'", "openvino") from error
    return library


@contextmanager
def _without(name: str) -> Iterator[None]:
    before = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
