"""What crosses the training loop: a batch of rows in, a loss per row out; and what a method declares of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .rng import rng

CELL = 16
"""Rows that are blended and drawn for together: fixed cells of the global order, so splitting changes nothing."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of one stream, or a part of them: what one forward pass sees.

    images: tensor (B, C, H, W) of prepared pictures, or (B, ...) of activations. targets: float tensor (B, K), each row
    sums to 1 (0 where the label is not known). rows: int64 tensor (B,), row numbers in the Images. views: further views
    of the same rows by name. others: the same step's batches of the method's other streams by name. seed, step, start:
    where we are; start is the place of the first row in the stream's effective batch, a multiple of CELL.
    """

    images: Any
    targets: Any
    rows: Any
    views: Mapping[str, Any] = field(default_factory=dict)
    others: "Mapping[str, Batch]" = field(default_factory=dict)
    seed: int = 0
    step: int = 0
    start: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, stream: str) -> "Batch":
        """The batch of another stream of this step."""
        return self.others[stream]

    def normal(self, *shape: int, what: str = "noise") -> Any:
        """(B, *shape) float32 standard normal draws, the same for a row however the batch is split."""
        import torch

        cells = [
            rng(self.seed, what, self.step, (self.start + at) // CELL).standard_normal((CELL, *shape), np.float32)
            for at in range(0, len(self), CELL)
        ]
        return torch.from_numpy(np.concatenate(cells)[: len(self)]).to(self.images.device)


@dataclass(frozen=True, eq=False)
class Step:
    """What a method makes of a batch.

    loss: tensor (n,), one number per row, or several such by stream name; the loop reduces each to its mean over the
    whole effective batch and adds them. logits: tensor (n, K) of the main stream, for the log. log: figures to record.
    """

    loss: Any
    logits: Any = None
    log: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """Rows that a method wants in every step.

    rows: "train" (labelled learning rows) or "unlabelled". sampler: which rows in what order. share: its batch as a
    multiple of the run's. views: name to augment chain; None is the run's own. "images" is the main view. needed:
    False where the method goes on without such rows.
    """

    rows: str = "train"
    sampler: str = "shuffle"
    share: float = 1.0
    views: Mapping[str, "str | None"] = field(default_factory=lambda: {"images": None})
    needed: bool = True


@dataclass(frozen=True)
class Player:
    """Who steps: optimizer ("" is the run's own), a multiple of the run's rate, and every how many steps.

    own: a peak rate of its own in the place of the run's, 0 for none.
    """

    optimizer: str = ""
    rate: float = 1.0
    every: int = 1
    own: float = 0.0


@dataclass(frozen=True)
class Stage:
    """A share of a run with its own settings.

    learns: beginnings of the names of the parameters that learn, () is all. sampler: in place of the main stream's.
    rate: a multiple of the run's. fresh: beginnings of names that are drawn anew when the stage begins.
    statistics: whether batch norms go on estimating.
    """

    name: str = "all"
    share: float = 1.0
    learns: tuple[str, ...] = ()
    sampler: str = ""
    rate: float = 1.0
    fresh: tuple[str, ...] = ()
    statistics: bool = True
