"""crt: features from the data as they come, a new head from balanced draws (Kang et al. 2020, arXiv:1910.09217)."""

from typing import Any

from ...core.batch import Batch, Stage, Step
from ...core.errors import OptionError

against = {"sampler": "its second stage draws balanced, its first as the pictures come. Drop sampler."}


class crt:
    """Classifier re-training (section 4.2): after a first stage only a freshly drawn `head` learns, on balanced draws.

    Nothing else changes in the second stage, batch norms' statistics included; the schedule begins again with it.

    share: the second stage's part of the run, between 0 and 1; 10 of 100 epochs in the paper. Raises OptionError
    outside.
    """

    def __init__(self, model: Any, loss: Any, *, share: float = 0.1) -> None:
        if not 0 < share < 1:
            raise OptionError(f"crt: share is the second stage's part of the run, between 0 and 1, got {share}.")
        self.model, self.loss = model, loss
        head = Stage("head", share, ("head",), sampler="balanced", fresh=("head",))
        self.stages = [Stage("features", 1 - share), head]

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows), logits)
