"""lion: steps of equal size along the sign of a mixed momentum (Chen et al. 2023, arXiv:2302.06675, algorithm 2)."""

from typing import Any

import torch
from torch import Tensor

from . import _each as each
from ._groups import Groups, pair
from ._step import Stepper, average

adaptive = True


def lion(groups: Groups, *, betas: tuple[float, float] = (0.9, 0.99)) -> torch.optim.Optimizer:
    """w <- w - rate (sign(beta1 m + (1 - beta1) g) + decay w); then m <- beta2 m + (1 - beta2) g.

    `betas`: the share of momentum in the step and how slowly momentum forgets, each in [0, 1). Rates are 3-10 times
    smaller than Adam's, decays as much larger.
    """
    return _Lion(groups, betas=pair("lion", betas))


class _Lion(Stepper):
    zeros = ("exp_avg",)

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        (means,) = self.columns(params, "exp_avg")
        mixed, steady = group["betas"]
        ways = list(each.mul(means, mixed))
        each.add_(ways, grads, alpha=1 - mixed)
        each.sign_(ways)
        each.mul_(params, 1 - group["lr"] * group["weight_decay"])
        each.add_(params, ways, alpha=-group["lr"])
        average(means, grads, steady)
