"""vpu: a variational bound that needs no prior, and mixup (Chen et al. 2020, arXiv:1906.00642, equations 8 and 10)."""

from typing import Any

import torch
from torch.nn import functional as F

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ...core.rng import rng
from ._positive import MIX, Positive, scores, stands

ground = "features"
pool = True
positive = True
against = {"mix": MIX}


class vpu(Positive):
    """log E_U[phi] - E_P[log phi], phi = sigmoid(f), plus `weight` times a consistency on blends of both streams.

    The bound is least where phi is proportional to the share of positives at a picture, so that phi is right up to a
    factor. Blends are t u + (1 - t) p of a pool's picture u and a positive p, t of a batch drawn from Beta(alpha,
    alpha); there log phi is to be log(t phi(u) + 1 - t), squared error, the gradient through both, as in the
    authors' code (read; the numbers of the equations were not). The prior is not used. Of several classes each blends
    with its own positives.

    model: pictures to logits (B, K + 1), the last "none of these". Raises OptionError unless alpha > 0 and weight >= 0.
    """

    def __init__(
        self, model: Any, loss: Any, classes: int, prior: Any, *, alpha: float = 0.3, weight: float = 0.03
    ) -> None:
        super().__init__(model, loss, classes, prior)
        if not (alpha > 0 and weight >= 0):
            raise OptionError(
                f"vpu takes alpha above 0 and a weight of at least 0, got alpha={alpha}, weight={weight}."
            )
        self.alpha, self.weight = alpha, weight

    def __call__(self, batch: Batch) -> Step:
        own, free, logits = self.seen(batch)
        held, told = stands(batch.targets), F.logsigmoid(free)
        mean = torch.logsumexp(told, 0) - torch.log(torch.tensor(float(len(free))))
        frees = (mean * (held.sum(0) > 0)).sum().expand(len(free))
        if self.weight:
            frees = frees + self.weight * self._blended(batch, told)
        return self.step(-(held * F.logsigmoid(own)).sum(1), frees, logits)

    def _blended(self, batch: Batch, told: Any) -> Any:
        """(m,) squared errors of log phi on blends, summed over classes; told: (m, K) log phi of the pool."""
        draw, free = rng(batch.seed, "vpu", batch.step), batch["unlabelled"].images
        share = float(draw.beta(self.alpha, self.alpha))
        total = torch.zeros(len(free), device=free.device)
        for k in range(self.classes - 1):
            places = torch.nonzero(batch.targets[:, k]).flatten()
            if len(places):
                picked = places[torch.from_numpy(draw.integers(len(places), size=len(free))).to(places.device)]
                said = F.logsigmoid(scores(self.model(share * free + (1 - share) * batch.images[picked]).float())[:, k])
                total = total + (torch.log(share * told[:, k].exp() + 1 - share) - said) ** 2
        return total
