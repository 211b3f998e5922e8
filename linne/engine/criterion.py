"""The loss as a method is handed it: what it asks for bound, and the whole batch gathered where it needs that."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..core.errors import OptionError
from ..core.lookup import declared, find, offer
from ..core.spec import parse
from .device import Device, gathered, total
from .feeding import counted


class Criterion:
    """`criterion(logits, targets, rows)` is (B,), a number a row; of all processes' rows where its scope is "batch".

    labels: (n,) of those that learn, or their targets (n, K). counts: (K,) their pictures of each class. progress: 0 to
    1, set by the loop. features: what the watched head was given last, for a loss that asks for them.
    """

    features: "Tensor | None" = None

    def __init__(self, spec: "str | Callable[..., Any]", labels: np.ndarray, classes: int, where: Device) -> None:
        self.name = parse(spec)[0].name if isinstance(spec, str) else getattr(spec, "__name__", "loss")
        self.loss, self.where = find("loss", spec), where
        scope = declared("loss", self.name, "scope", "row") if isinstance(spec, str) else "row"
        self.scope = getattr(spec, "scope", scope)
        counts = counted(labels, classes)
        self.counts = torch.as_tensor(counts, dtype=torch.float32, device=where.torch)
        self.progress, self.sizes = 0.0, [0]
        self.sees = "features" in inspect.signature(self.loss).parameters

    def watch(self, head: nn.Module) -> None:
        """Note what the head is given, where the loss asks for features."""
        if self.sees:
            head.register_forward_pre_hook(lambda _, given: setattr(self, "features", given[0]))

    def __call__(self, logits: Tensor, targets: Tensor, rows: "Tensor | None" = None) -> Tensor:
        seen = self._seen(logits)
        if self.scope == "batch" and not self.where.alone:
            logits, targets = (gathered(part, self.sizes, self.where) for part in (logits, targets))
            rows = None if rows is None else gathered(rows, self.sizes, self.where)
            seen = {name: gathered(part, self.sizes, self.where) for name, part in seen.items()}
        offered = {"counts": self.counts, "progress": self.progress, "rows": rows, **seen}
        found = offer(self.loss, logits=logits.float(), targets=targets, **offered)
        if found.shape != logits.shape[:1]:
            raise OptionError(
                f"loss {self.name!r} gave {tuple(found.shape)}; expected one number for each of {len(logits)} rows."
            )
        return found

    def whole(self, rows: Tensor) -> Tensor:
        """(B of all processes, ...) of this process's rows of the main stream, for a method of scope "batch"."""
        return gathered(rows, self.sizes, self.where)

    def summed(self, rows: Tensor) -> tuple[Tensor, float]:
        """(the sum of rows (n, ...) of all processes without gradient, how many there are)."""
        seen = rows.detach().float()
        sums = total(torch.cat([seen.sum(0).flatten(), seen.new_full((1,), len(seen))]), self.where)
        return sums[:-1].view(seen.shape[1:]), float(sums[-1])

    def _seen(self, logits: Tensor) -> dict[str, Tensor]:
        """{"features": (B, width)} of these logits' rows where the loss asks for them."""
        if not self.sees:
            return {}
        if self.features is None or len(self.features) != len(logits):
            raise OptionError(
                f"loss {self.name!r} goes by the features of each row, and this method's logits are not its network's "
                "head's of them. Take another loss, or method=full."
            )
        return {"features": self.features}

    def fits(self, micros: int, sizes: Sequence[int], scope: str = "row") -> None:
        """Note the processes' parts of a batch, and the method's own scope.

        Raises OptionError where a batch-wide loss or method would see micro-batches.
        """
        self.sizes = list(sizes)
        who, self.scope = ("the method", scope) if scope == "batch" else (f"loss {self.name!r}", self.scope)
        if self.scope == "batch" and micros > 1:
            raise OptionError(
                f"{who} looks at the whole batch at once, and memory holds only a part of it. "
                "Give a smaller --batch, or another loss or method."
            )
