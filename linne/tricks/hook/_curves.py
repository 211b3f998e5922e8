"""What hooks that draw curves share: the numbers of records, kept a while, then written by the first process."""

import time
from collections.abc import Mapping
from typing import Any

MOST = 64
"""Steps that are kept in memory: a loss on a GPU is not asked for at every step, which would make it wait."""
Page = tuple[int, float, dict[str, float]]
"""(step, seconds since 1970, figures by name)."""


class Curves:
    """A hook that hands figures to `_write` in pages. What a checkpoint lies behind is written before it is."""

    def __init__(self) -> None:
        self._pages: list[tuple[int, float, dict[str, Any]]] = []
        self._open = False

    def _begin(self, loop: Any) -> None:
        """Open whatever is written to; called at the first step after a start or a restart."""
        raise NotImplementedError

    def _write(self, pages: list[Page]) -> None:
        """Write pages in the order of their steps."""
        raise NotImplementedError

    def _close(self) -> None:
        """The run is over."""
        raise NotImplementedError

    def on_step(self, loop: Any, record: Mapping[str, Any]) -> None:
        """The step's loss and rate."""
        self._note(loop, record, "")

    def on_epoch(self, loop: Any, record: Mapping[str, Any]) -> None:
        """The evaluation's figures, as epoch/..."""
        self._note(loop, record, "epoch/")
        self._flush()

    def on_end(self, loop: Any) -> None:
        """Write what is left and close."""
        self._flush()
        if self._open:
            self._close()

    def _note(self, loop: Any, record: Mapping[str, Any], prefix: str) -> None:
        if not getattr(getattr(loop, "where", None), "main", True):
            return
        if not self._open:
            self._begin(loop)
            self._open = True
        self._pages.append((loop.step, time.time(), flat(record, prefix)))
        if len(self._pages) >= MOST:
            self._flush()

    def _flush(self) -> None:
        pages, self._pages = self._pages, []
        if pages:
            self._write([(step, at, {name: float(value) for name, value in page.items()}) for step, at, page in pages])


def flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Numbers, 0-d tensors and arrays of a nested record as {"inner/name": value}; `step` is not a figure of its own.

    A mapping of one entry tells nothing that the figure beside it does not (the loss of the only player).
    """
    out: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            out.update(flat(value, f"{prefix}{name}/") if len(value) > 1 else {})
        elif name != "step" and _number(value):
            out[prefix + name] = value.detach() if hasattr(value, "detach") else value
    return out


def _number(value: Any) -> bool:
    return hasattr(value, "__float__") and getattr(value, "ndim", 0) == 0 and not isinstance(value, bool)
