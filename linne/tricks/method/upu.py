"""upu: the risk on labels, estimated without a negative (du Plessis et al. 2015, ICML, "Convex formulation ...")."""

from typing import Any

from ...core.batch import Batch, Step
from ._positive import MIX, Positive, base_of, stands

ground = "features"
pool = True
positive = True
against = {"mix": MIX}


class upu(Positive):
    """prior E_P[l(f) - l(-f)] + E_U[l(-f)] for each class against the rest: its expectation is the risk on labels.

    model: pictures to logits (B, K + 1), the last "none of these". prior: (K,) each class's share of the pool. base:
    l, logistic or double_hinge (convex), or sigmoid. A network that can learn rows by heart makes it negative: nnpu.
    """

    def __init__(self, model: Any, loss: Any, classes: int, prior: Any, *, base: str = "logistic") -> None:
        super().__init__(model, loss, classes, prior)
        self.base = base_of(base, "upu")

    def __call__(self, batch: Batch) -> Step:
        own, free, logits = self.seen(batch)
        paid = stands(batch.targets) * self.prior * (self.base(own) - self.base(-own))
        return self.step(paid.sum(1), self.base(-free).sum(1), logits)
