"""prior_matching: positives are to be called so, and of the pool as many as the prior says.

A stand-in for the collective loss of positive-unlabelled learning (Xie et al. 2020, arXiv:2005.03228), whose equations
could not be read: NOT VERIFIED AGAINST THE PAPER, and named by what it does.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._positive import MIX, Positive, stands

ground = "features"
pool = True
positive = True
against = {"mix": MIX}
DISTANCES = ("kl", "abs")


class prior_matching(Positive):
    """E_P[-log p] + weight D(mean p over the pool, prior), p = sigmoid(f), for each class against the rest.

    Not verified against the paper of the collective loss. model: pictures to logits (B, K + 1), the last "none of
    these". prior: (K,) each class's share of the pool. distance: D, "kl" (of two Bernoullis, the prior first) or "abs".
    Raises OptionError for another and unless weight > 0.
    """

    def __init__(
        self, model: Any, loss: Any, classes: int, prior: Any, *, weight: float = 10.0, distance: str = "kl"
    ) -> None:
        super().__init__(model, loss, classes, prior)
        if distance not in DISTANCES or not weight > 0:
            given = f"weight={weight}, distance={distance!r}"
            raise OptionError(f"prior_matching takes weight > 0 and distance {' or '.join(DISTANCES)}, got {given}.")
        self.weight, self.distance = weight, distance

    def __call__(self, batch: Batch) -> Step:
        own, free, logits = self.seen(batch)
        held = stands(batch.targets)
        off = self._apart(free.sigmoid().mean(0)) * (held.sum(0) > 0)
        return self.step((held * F.softplus(-own)).sum(1), (self.weight * off.sum()).expand(len(free)), logits)

    def _apart(self, mean: Tensor) -> Tensor:
        """(K,) D of the pool's mean answer."""
        prior, mean = self.prior, mean.clamp(1e-6, 1 - 1e-6)
        if self.distance == "abs":
            return (mean - prior).abs()
        return prior * torch.log(prior / mean) + (1 - prior) * torch.log((1 - prior) / (1 - mean))
