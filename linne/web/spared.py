"""Parts of a page that may fail without the rest: a look at pictures again is not worth a run."""

from collections.abc import Callable
from typing import Any


class Spared:
    """Makes a page's parts one by one; `lost` names each that failed, and why."""

    def __init__(self) -> None:
        self.lost: list[str] = []

    def __call__(self, name: str, make: Callable[[], Any], without: Any) -> Any:
        """What `make` gives; where it fails, `without`."""
        try:
            return make()
        except Exception as error:
            self.lost.append(f"{name} ({said(error)})")
            return without


def said(error: Exception) -> str:
    """An error in one line: what it is, and its first line."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
