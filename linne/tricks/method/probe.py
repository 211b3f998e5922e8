"""probe: only the head learns, on features as they are (Alain and Bengio 2017, arXiv:1610.01644)."""

from typing import Any

from ...core.batch import Batch, Stage, Step


class probe:
    """model: pictures (B, C, H, W) to logits (B, K); everything before its head keeps weights and statistics.

    `linne train` has a faster way to the same head, a solver on features computed once; this one takes any loss, mix,
    augmentation, stream of pictures and number of processes.
    """

    def __init__(self, model: Any, loss: Any) -> None:
        self.model, self.loss = model, loss
        self.stages = [Stage("head", learns=("head",), statistics=False)]

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows), logits)
