"""mlnt: made-up wrong labels must not move what a steady teacher says (Li et al. 2019, arXiv:1812.05214)."""

import math
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ...core.rng import rng
from ._rows import judging

ground = "features"
against = {"mix": "it knows each picture's own label, of no blend of two. Drop mix."}
usual = {"loss": "cross_entropy"}
NEIGHBOURS, MOMENTUM = 10, (0.99, 0.999)


class mlnt:
    """Meta-learning from noisy labels, without a clean one: loss + weight / M sum over M tries of KL(teacher || try).

    Each try gives `share` of the batch the label of a random one of its 10 nearest rows of the batch and takes one step
    of `inner` by the run's loss on these; what the network so changed says must stay what the teacher, a moving average
    of the weights, says. The gradient is taken where the step led and applied where it began (first order). From
    `start` of the run on; the weight rises by exp(-5 (1 - u)^2) to four times that, where the average's decay goes from
    .99 to .999. As the authors' code, but for: neighbours are by the teacher's
    features instead of those of a network trained before; the divergence is summed over classes (legacy_mean: divided
    by their number, as nn.KLDivLoss() does); the teacher is in evaluation mode. Their code means to cut the second
    order off and does not: it detaches a copy.

    tries: M, 1 or more. share: in (0, 1]. inner: above 0. weight: alpha, above 0. start: in (0, .25]; 500 of the
    authors' steps, of which there were some 30,000. Raises OptionError outside.
    """

    scope = "batch"
    alone = True

    def __init__(
        self, model: Any, loss: Any, *, tries: int = 10, share: float = 0.5, inner: float = 0.02, weight: float = 1.0,
        start: float = 0.1, legacy_mean: bool = False,
    ) -> None:  # fmt: skip
        if not (tries >= 1 and 0 < share <= 1 and inner > 0 and weight > 0 and 0 < start <= 0.25):
            raise OptionError(
                "mlnt: tries from 1, share in (0, 1], inner and weight above 0, start in (0, .25]; got "
                f"{tries}, {share}, {inner}, {weight} and {start}."
            )
        self.model, self.loss, self.tries, self.share = model, loss, int(tries), share
        self.inner, self.weight, self.start, self.legacy_mean = inner, weight, start, legacy_mean
        self.teacher: Any = deepcopy(model).requires_grad_(False)
        self.moved = -1

    def __call__(self, batch: Batch, progress: float) -> Step:
        logits = self.model(batch.images)
        loss = self.loss(logits, batch.targets, batch.rows)
        if progress < self.start:
            return Step(loss, logits)
        self._follow(batch.step, progress)
        with judging(self.teacher):
            features = self.teacher.features(batch.images)
            steady = torch.log_softmax(self.teacher.head(features).float(), 1)
        near = nearest(features.float().flatten(1), NEIGHBOURS)
        apart = torch.zeros_like(loss)
        for number in range(self.tries):
            targets = swapped(batch.targets, near, self.share, rng(batch.seed, "mlnt", batch.step, number))
            moved = torch.log_softmax(self._moved(batch, logits, targets).float(), 1)
            apart = apart + (steady.exp() * (steady - moved)).sum(1)
        apart = apart / logits.shape[1] if self.legacy_mean else apart
        return Step(loss + self.ramp(progress) / self.tries * apart, logits, {"apart": float(apart.detach().mean())})

    def ramp(self, progress: float) -> float:
        """The weight at this share of the run."""
        u = min((progress - self.start) / (3 * self.start), 1)
        return self.weight * math.exp(-5 * (1 - u) ** 2)

    def _moved(self, batch: Batch, logits: Tensor, targets: Tensor) -> Tensor:
        """(B, K) of the network after a step by the loss of these targets; its statistics stay."""
        named = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        wrong = self.loss(logits, targets, batch.rows).mean()
        gradients = torch.autograd.grad(wrong, list(named.values()), retain_graph=True, allow_unused=True)
        fast = {name: p if g is None else p - self.inner * g.detach()
                for (name, p), g in zip(named.items(), gradients, strict=True)}  # fmt: skip
        statistics = {name: value.clone() for name, value in self.model.named_buffers()}
        return functional_call(self.model, (fast, statistics), (batch.images,))

    @torch.no_grad()
    def _follow(self, step: int, progress: float) -> None:
        """Move the teacher toward the network, once a step; at first it becomes it."""
        if self.moved == step:
            return
        decay = 0.0 if self.moved < 0 else MOMENTUM[progress >= 4 * self.start]
        for own, other in zip(self.teacher.state_dict().values(), self.model.state_dict().values(), strict=True):
            own.copy_(torch.lerp(other.float(), own.float(), decay) if own.is_floating_point() else other)
        self.moved = step

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"moved": self.moved, "teacher": dict(self.teacher.state_dict())}

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.moved = state["moved"]
        self.teacher.load_state_dict(state["teacher"])


def nearest(features: Tensor, k: int) -> Tensor:
    """(B, at most k) places of the nearest other rows by Euclid's distance."""
    far = torch.cdist(features, features).fill_diagonal_(torch.inf)
    return far.topk(min(k, len(features) - 1), dim=1, largest=False).indices


def swapped(targets: Tensor, near: Tensor, share: float, draw: Any) -> Tensor:
    """(B, K) targets, floor(share B) of which are those of a random one of the row's neighbours (B, k)."""
    rows = draw.permutation(len(targets))[: int(share * len(targets))]
    which = torch.from_numpy(draw.integers(near.shape[1], size=len(rows))).to(near.device)
    rows = torch.from_numpy(rows).to(near.device)
    out = targets.clone()
    out[rows] = targets[near[rows, which]]
    return out
