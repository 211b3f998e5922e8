"""radam: Adam that waits until its second moment can be trusted (Liu et al. 2020, arXiv:1908.03265)."""

from typing import TYPE_CHECKING

from ._groups import Groups, checked, need, pair

if TYPE_CHECKING:
    import torch

adaptive = True


def radam(
    groups: Groups, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, decoupled: bool = True
) -> "torch.optim.Optimizer":
    """Algorithm 2: plain momentum while the approximated length rho of the mean is at most 5, then a rectified step.

    `betas`: how slowly the two means forget, each in [0, 1). `eps` > 0 is added to the root. `decoupled`: decay is
    rate * decay * w as in the authors' code; otherwise it is L2, added to the gradient.
    """
    from torch.optim import RAdam

    from ._layout import tended

    need(eps > 0, f"radam(eps={eps}): it is positive.")
    own, betas = checked("radam", groups), pair("radam", betas)
    return tended(RAdam(own, own[0]["lr"], betas, eps, decoupled_weight_decay=decoupled, foreach=True))
