"""sgd: steps against the gradient with momentum (Polyak 1964; Nesterov's as in Sutskever et al. 2013, ICML)."""

from typing import TYPE_CHECKING

from ._groups import Groups, checked, need

if TYPE_CHECKING:
    import torch


def sgd(groups: Groups, *, momentum: float = 0.9, nesterov: bool = True) -> "torch.optim.Optimizer":
    """With gradient g (weight decay as L2, g + decay w): v <- momentum v + g; w <- w - rate v.

    `nesterov` steps along g + momentum v instead, and needs a `momentum`. Raises OptionError for momentum
    outside [0, 1).
    """
    from torch.optim import SGD

    from ._layout import fastest, tended

    need(0 <= momentum < 1, f"sgd(momentum={momentum}): it lies in [0, 1).")
    need(momentum > 0 or not nesterov, "sgd(momentum=0): Nesterov's needs momentum; add nesterov=false.")
    own = checked("sgd", groups)
    return tended(SGD(own, own[0]["lr"], momentum=momentum, nesterov=nesterov, **fastest(own)))
