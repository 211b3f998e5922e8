"""nadam: Adam with Nesterov's look ahead (Dozat 2016, ICLR workshop, "Incorporating Nesterov momentum into Adam")."""

from typing import TYPE_CHECKING

from ._groups import Groups, checked, need, pair

if TYPE_CHECKING:
    import torch

adaptive = True


def nadam(
    groups: Groups,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    momentum_decay: float = 0.004,
    decoupled: bool = True,
) -> "torch.optim.Optimizer":
    """Step t uses mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2) in place of beta1, and the next mu on the mean.

    `betas`: how slowly the two means forget, each in [0, 1). `eps` > 0 is added to the root. `momentum_decay` >= 0:
    how fast mu nears beta1. `decoupled`: decay is rate * decay * w; otherwise it is L2, added to the gradient.
    """
    from torch.optim import NAdam

    from ._layout import tended

    need(eps > 0, f"nadam(eps={eps}): it is positive.")
    need(momentum_decay >= 0, f"nadam(momentum_decay={momentum_decay}): it is at least 0.")
    own, betas = checked("nadam", groups), pair("nadam", betas)
    made = NAdam(own, own[0]["lr"], betas, eps, 0.0, momentum_decay, decoupled_weight_decay=decoupled, foreach=True)
    return tended(made)
