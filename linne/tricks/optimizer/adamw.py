"""adamw: Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

from typing import TYPE_CHECKING

from ._groups import Groups, checked, need, pair

if TYPE_CHECKING:
    import torch

adaptive = True


def adamw(groups: Groups, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> "torch.optim.Optimizer":
    """Algorithm 2: w <- w - rate decay w, then Adam's step on the bare gradient.

    `betas`: how slowly the means of the gradient and its square forget, each in [0, 1). `eps` > 0 is added to the root.
    """
    from torch.optim import AdamW

    from ._layout import fastest, tended

    need(eps > 0, f"adamw(eps={eps}): it is positive.")
    own = checked("adamw", groups)
    return tended(AdamW(own, own[0]["lr"], betas=pair("adamw", betas), eps=eps, **fastest(own)))
