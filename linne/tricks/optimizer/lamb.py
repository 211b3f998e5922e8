"""lamb: Adam's step scaled to each layer's weights, for large batches (You et al. 2020, arXiv:1904.00962)."""

from typing import Any

import torch
from torch import Tensor

from . import _each as each
from ._groups import Groups, need, pair
from ._step import Stepper, average, average_squares, roots

adaptive = True


def lamb(
    groups: Groups,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-6,
    clip: bool = False,
    always: bool = False,
) -> torch.optim.Optimizer:
    """Algorithm 2: r = m' / (sqrt(v') + eps) + decay w; w <- w - rate (|w| / |r|) r, the ratio 1 where a norm is 0.

    `betas`: how slowly the two means forget, each in [0, 1). `eps` > 0 is added to the root. `clip`: the ratio is at
    most 1. `always`: also scale groups without weight decay (norms, biases), which the authors leave at ratio 1.
    """
    need(eps > 0, f"lamb(eps={eps}): it is positive.")
    return _Lamb(groups, betas=pair("lamb", betas), eps=eps, clip=clip, always=always)


class _Lamb(Stepper):
    zeros = ("exp_avg", "exp_avg_sq")

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        means, squares = self.columns(params, "exp_avg", "exp_avg_sq")
        first, second = group["betas"]
        average(means, grads, first)
        average_squares(squares, grads, second)
        unbiased = each.div(squares, 1 - second**count)
        ways = list(each.div(means, 1 - first**count))
        each.div_(ways, roots(list(unbiased), group["eps"]))
        if group["weight_decay"]:
            each.add_(ways, params, alpha=group["weight_decay"])
        if group["weight_decay"] or group["always"]:
            pairs = zip(each.norm(params), each.norm(ways), strict=True)
            ratio = [torch.where((w > 0) & (r > 0), w / r, torch.ones_like(w)) for w, r in pairs]
            each.mul_(ways, [one.clamp(max=1) for one in ratio] if group["clip"] else ratio)
        each.add_(params, ways, alpha=-group["lr"])
