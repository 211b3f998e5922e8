"""full: every layer learns, the last ones first (gradual unfreezing: Howard and Ruder 2018, arXiv:1801.06146)."""

from collections.abc import Sequence
from typing import Any

from ...core.batch import Batch, Stage, Step
from ...core.errors import OptionError
from ._tune import learning, shares

several = True
"""Where a picture may have several labels, too."""
FIRST = 0.25


class full:
    """model: pictures (B, C, H, W) to logits (B, K). Rates that fall with depth are the run's `layer_decay`.

    unfreeze: shares of the network that learn, from the head on, rising to 1: a stage each; 0 is the head alone. first:
    part of the run that all stages but the last take together. statistics: whether batch norms go by the batch and go
    on estimating. Raises OptionError for shares that do not rise to 1, and for a part outside 0..1.
    """

    def __init__(
        self, model: Any, loss: Any, *, unfreeze: Sequence[float] = (0.5, 1.0), first: float = FIRST,
        statistics: bool = True,
    ) -> None:  # fmt: skip
        rising = shares(unfreeze if isinstance(unfreeze, Sequence) else (unfreeze,))
        if not 0 < first < 1:
            raise OptionError(f"full: first is a part of the run between 0 and 1, got {first}.")
        if len(rising) == 1 and first != FIRST:
            raise OptionError(f"full: first={first} has no effect where everything learns at once. Drop it.")
        self.model, self.loss = model, loss
        early = first / max(len(rising) - 1, 1)
        self.stages = [
            Stage(f"last {share:.0%}", early, learning(model, share) if share else ("head",), statistics=False)
            for share in rising[:-1]
        ]
        self.stages.append(Stage("all", 1 - first if self.stages else 1.0, statistics=statistics))

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows), logits)
