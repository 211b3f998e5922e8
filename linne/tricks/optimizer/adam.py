"""adam: steps scaled by running means of the gradient and its square (Kingma & Ba 2015, arXiv:1412.6980)."""

from typing import TYPE_CHECKING

from ._groups import Groups, checked, need, pair

if TYPE_CHECKING:
    import torch

adaptive = True


def adam(groups: Groups, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> "torch.optim.Optimizer":
    """Algorithm 1: w <- w - rate m' / (sqrt(v') + eps), m' and v' the means without bias; decay is L2, added to g.

    `betas`: how slowly the two means forget, each in [0, 1). `eps` > 0 is added to the root.
    """
    from torch.optim import Adam

    from ._layout import fastest, tended

    need(eps > 0, f"adam(eps={eps}): it is positive.")
    own = checked("adam", groups)
    return tended(Adam(own, own[0]["lr"], betas=pair("adam", betas), eps=eps, **fastest(own)))
