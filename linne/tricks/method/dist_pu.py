"""dist_pu: the pool's mean answer is to be the prior, each answer sure (Zhao et al. 2022, arXiv:2212.02801)."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ...core.rng import rng
from ._positive import MIX, Positive, scores, stands

ground = "features"
pool = True
positive = True
against = {"mix": MIX}


class dist_pu(Positive):
    """|1 - mean p over positives| + |mean p over the pool - prior| / (2 prior), p = sigmoid(f): labels' distribution.

    For the first `warm` of the run that and 0.004 / 2 times the pool's mean entropy; then also `blend` times
    the cross-entropy of blends of both streams (t of a batch from Beta(alpha, alpha)) with their p as labels, 1 for
    positives, and `sure` times the blends' entropy, while the pool's entropy comes back from 0 to 0.004 along 1 - cos.

    Verified against the authors' code: every term and its weight, the halves of the run, logits cut at +-10. Not the
    same: there p as a label is of the row's last visit, here of this step (without gradient); and each stage has its
    optimizer. model: pictures to logits (B, K + 1), the last "none of these". prior: (K,) each class's share of the
    pool. Raises OptionError unless alpha > 0, 0 <= warm <= 1 and the weights are at least 0.
    """

    def __init__(
        self, model: Any, loss: Any, classes: int, prior: Any, *, warm: float = 0.5, alpha: float = 6.0,
        blend: float = 5.0, sure: float = 0.04,
    ) -> None:  # fmt: skip
        super().__init__(model, loss, classes, prior)
        if not (alpha > 0 and 0 <= warm <= 1 and blend >= 0 and sure >= 0):
            given = f"alpha={alpha}, warm={warm}, blend={blend}, sure={sure}"
            raise OptionError(f"dist_pu takes alpha > 0, warm from 0 to 1, blend and sure of at least 0, got {given}.")
        self.warm, self.alpha, self.blend, self.sure = warm, alpha, blend, sure

    def __call__(self, batch: Batch, progress: float) -> Step:
        own, free, logits = self.seen(batch)
        own, free, held = own.clamp(-CUT, CUT), free.clamp(-CUT, CUT), stands(batch.targets)
        present = (held.sum(0) > 0).float()
        low = (1 - (held * own.sigmoid()).mean(0)) * present
        off = (free.sigmoid().mean(0) - self.prior).abs() / (2 * self.prior) * present
        late = max(0.0, progress - self.warm) / max(1 - self.warm, 1e-9)
        weight = ENTROPY / 2 if progress < self.warm else ENTROPY * (1 - math.cos(late * math.pi / 2))
        frees = off.sum() + weight * entropy(free).sum(1)
        if progress >= self.warm and (self.blend or self.sure):
            frees = frees + self._blended(batch, own, free)
        return self.step(low.sum().expand(len(own)), frees, logits)

    def _blended(self, batch: Batch, own: Tensor, free: Tensor) -> Tensor:
        """What blends of all rows of both streams cost, a number."""
        draw = rng(batch.seed, "dist_pu", batch.step)
        share, total = float(draw.beta(self.alpha, self.alpha)), len(own) + len(free)
        turn = torch.from_numpy(draw.permutation(total)).to(own.device)
        labels = torch.cat([torch.maximum(own.sigmoid(), batch.targets[:, :-1]), free.sigmoid()]).detach()
        images = torch.cat([batch.images, batch["unlabelled"].images])
        blended = share * images + (1 - share) * images[turn]
        said = scores(self.model(blended).float()).clamp(-CUT, CUT)
        wanted = share * labels + (1 - share) * labels[turn]
        paid = F.binary_cross_entropy_with_logits(said, wanted, reduction="none")
        return (self.blend * paid + self.sure * entropy(said)).sum(1).mean()


CUT = 10.0
ENTROPY = 0.004


def entropy(logits: Tensor) -> Tensor:
    """-p log p - (1 - p) log(1 - p) of p = sigmoid(logits), elementwise."""
    return F.binary_cross_entropy_with_logits(logits, logits.sigmoid(), reduction="none")
