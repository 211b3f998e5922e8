"""supervised: every picture is to be called by its label, the common way to learn (Krizhevsky et al. 2012, NeurIPS)."""

from typing import Any

from ...core.batch import Batch, Step

several = True
"""Where a picture may have several labels, too."""


class supervised:
    """model: pictures (B, C, H, W) to logits (B, K). loss: logits and targets to a number a row."""

    def __init__(self, model: Any, loss: Any) -> None:
        self.model, self.loss = model, loss

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows), logits)
