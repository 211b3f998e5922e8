"""rmsprop: steps divided by the root of a running mean square (Tieleman & Hinton 2012, lecture 6.5)."""

from typing import TYPE_CHECKING

from ._groups import Groups, checked, need

if TYPE_CHECKING:
    import torch

adaptive = True


def rmsprop(
    groups: Groups, *, alpha: float = 0.99, eps: float = 1e-8, momentum: float = 0.0, centred: bool = False
) -> "torch.optim.Optimizer":
    """v <- alpha v + (1 - alpha) g^2; b <- momentum b + g / (sqrt(v) + eps); w <- w - rate b; decay is L2.

    `alpha` in [0, 1): how slowly v forgets. `eps` > 0 is added after the root (TensorFlow adds it before).
    `momentum` in [0, 1) on the scaled step. `centred`: the root is of the variance, v minus the squared mean of g.
    """
    from torch.optim import RMSprop

    from ._layout import tended

    need(0 <= alpha < 1 and 0 <= momentum < 1, f"rmsprop(alpha={alpha}, momentum={momentum}): both lie in [0, 1).")
    need(eps > 0, f"rmsprop(eps={eps}): it is positive.")
    own = checked("rmsprop", groups)
    made = RMSprop(own, own[0]["lr"], alpha, eps, momentum=momentum, centered=centred, foreach=True)
    return tended(made)
