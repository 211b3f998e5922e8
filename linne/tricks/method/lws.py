"""lws: a factor a class, learnt on balanced draws after the features (Kang et al. 2020, arXiv:1910.09217)."""

from typing import Any

from ...core.batch import Batch, Stage, Step
from ...core.errors import OptionError
from ._head import Scaled


class lws:
    """Learnable weight scaling (section 4.2): in a second stage logit k becomes s_k (w_k x + b_k), and s alone learns.

    s begins at 1; draws are balanced; the schedule begins again with the stage. The bias is scaled as its row of
    weights is, as in the published code. `settle` multiplies s into the head, so the network is kept as it was.

    share: the second stage's part of the run, between 0 and 1. rate: a multiple of the run's rate there; an
    optimizer that divides by a running scale moves s by about the rate a step, so a small one leaves it near 1. Raises
    OptionError outside, and for a head whose logits are no rows of a layer.
    """

    def __init__(self, model: Any, loss: Any, classes: int, *, share: float = 0.1, rate: float = 1.0) -> None:
        if not 0 < share < 1 or not rate > 0:
            raise OptionError(
                f"lws: share is the second stage's part of the run, between 0 and 1, and rate is above 0; got "
                f"share={share}, rate={rate}."
            )
        self.model, self.loss, self.scaled = model, loss, Scaled("lws", model, classes)
        scales = Stage("scales", share, (self.scaled.name,), sampler="balanced", rate=rate)
        self.stages = [Stage("features", 1 - share, self.scaled.others), scales]

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows), logits)

    def settle(self) -> None:
        """Multiply the factors into the head's last layer and take them away."""
        self.scaled.settle()
