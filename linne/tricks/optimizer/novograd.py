"""novograd: momentum of gradients that each layer's own length divides (Ginsburg et al. 2019, arXiv:1905.11286)."""

from typing import Any

import torch
from torch import Tensor

from . import _each as each
from ._groups import Groups, need, pair
from ._step import Stepper

adaptive = True


def novograd(groups: Groups, *, betas: tuple[float, float] = (0.95, 0.98), eps: float = 1e-8) -> torch.optim.Optimizer:
    """Algorithm 1: v <- beta2 v + (1 - beta2) |g|^2, one number a tensor, |g|^2 at first; m <- beta1 m + g / (sqrt(v) +
    eps) + decay w, without beta1 m at first; w <- w - rate m.

    `betas`: how slowly momentum and the length forget, each in [0, 1); 0.95 and 0.98 in the paper. `eps` > 0.
    """
    need(eps > 0, f"novograd(eps={eps}): it is positive.")
    return _Novograd(groups, betas=pair("novograd", betas), eps=eps)


class _Novograd(Stepper):
    zeros = ("exp_avg",)

    def fresh(self, group: dict[str, Any], parameter: Tensor) -> dict[str, Any]:
        """Momentum, and the squared length of the tensor's gradient."""
        exact = torch.promote_types(parameter.dtype, torch.float32)
        length = torch.zeros((), dtype=exact, device=parameter.device)
        return {**super().fresh(group, parameter), "length": length}

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        means, lengths = self.columns(params, "exp_avg", "length")
        steady, slow = group["betas"]
        for length, norm in zip(lengths, each.norm(grads), strict=True):
            length.lerp_(norm.square().to(length), 1.0 if count == 1 else 1 - slow)
        divided = [g / (length.sqrt() + group["eps"]).to(g) for g, length in zip(grads, lengths, strict=True)]
        if group["weight_decay"]:
            each.add_(divided, params, alpha=group["weight_decay"])
        each.mul_(means, steady)
        each.add_(means, divided)
        each.add_(params, means, alpha=-group["lr"])
