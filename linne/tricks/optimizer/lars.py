"""lars: momentum with a rate per layer, for large batches (You et al. 2017, arXiv:1708.03888)."""

from typing import Any

import torch
from torch import Tensor

from . import _each as each
from ._groups import Groups, need
from ._step import Stepper


def lars(
    groups: Groups,
    *,
    momentum: float = 0.9,
    nesterov: bool = False,
    coefficient: float = 0.001,
    clip: bool = False,
    always: bool = False,
) -> torch.optim.Optimizer:
    """Equation 6: the layer's rate is coefficient |w| / (|g| + decay |w|), and g + decay w is scaled by it.

    By 1 where |w| or |g| is 0. Then v <- momentum v + scaled g; w <- w - rate v, so a changed rate acts at once (the
    paper keeps it inside v, which is the same at a steady rate). `momentum` in [0, 1); `nesterov` steps along g +
    momentum v. `coefficient` > 0. `clip`: LARC, the layer's rate is at most the group's. `always`: also scale groups
    without weight decay.
    """
    need(0 <= momentum < 1, f"lars(momentum={momentum}): it lies in [0, 1).")
    need(momentum > 0 or not nesterov, "lars(momentum=0, nesterov=true): Nesterov's needs momentum.")
    need(coefficient > 0, f"lars(coefficient={coefficient}): it is positive.")
    return _Lars(groups, momentum=momentum, nesterov=nesterov, coefficient=coefficient, clip=clip, always=always)


class _Lars(Stepper):
    zeros = ("momentum_buffer",)

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        if group["weight_decay"] or group["always"]:
            grads = self._scaled(group, params, grads)
        (momenta,) = self.columns(params, "momentum_buffer")
        each.mul_(momenta, group["momentum"])
        each.add_(momenta, grads)
        ways = each.add(grads, momenta, alpha=group["momentum"]) if group["nesterov"] else momenta
        each.add_(params, ways, alpha=-group["lr"])

    @staticmethod
    def _scaled(group: dict[str, Any], params: list[Tensor], grads: list[Any]) -> list[Tensor]:
        decay = group["weight_decay"]
        ratio = []
        for long, slope in zip(each.norm(params), each.norm(grads), strict=True):
            rate = group["coefficient"] * long / (slope + decay * long)
            rate = (rate / group["lr"]).clamp(max=1) if group["clip"] and group["lr"] else rate
            ratio.append(torch.where((long > 0) & (slope > 0), rate, torch.ones_like(long)))
        decayed = list(each.add(grads, params, alpha=decay))
        each.mul_(decayed, ratio)
        return decayed
