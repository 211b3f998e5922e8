"""amsgrad: Adam whose second moment never falls (Reddi et al. 2018, arXiv:1904.09237)."""

from typing import TYPE_CHECKING

from ._groups import Groups, checked, need, pair

if TYPE_CHECKING:
    import torch

adaptive = True


def amsgrad(groups: Groups, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> "torch.optim.Optimizer":
    """Algorithm 2 with Adam's corrections: the root is of the largest v so far, over 1 - beta2^t; decay is L2.

    The maximum is taken before the correction, as in torch and Keras. `betas`: how slowly the two means forget,
    each in [0, 1). `eps` > 0 is added to the root.
    """
    from torch.optim import Adam

    from ._layout import fastest, tended

    need(eps > 0, f"amsgrad(eps={eps}): it is positive.")
    own = checked("amsgrad", groups)
    betas = pair("amsgrad", betas)
    return tended(Adam(own, own[0]["lr"], betas=betas, eps=eps, amsgrad=True, **fastest(own)))
