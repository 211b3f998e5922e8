"""adaboundw: AdaBound with weight decay apart from the gradient (Luo et al. 2019, arXiv:1902.09843; authors' code)."""

import torch

from ._bound import Bound
from ._groups import Groups

adaptive = True


def adaboundw(
    groups: Groups,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    final_rate: float = 0.1,
    gamma: float = 1e-3,
    eps: float = 1e-8,
    ams: bool = False,
    scaled: bool = True,
) -> torch.optim.Optimizer:
    """AdaBound's step on the bare gradient, and w loses rate * decay * w.

    `scaled=False` is the authors' code, in which w loses decay * w at any rate, so that usual decays erase it. `ams`:
    the largest second moment so far. `final_rate` >= 0: the SGD rate at the end; `gamma` in (0, 1): how fast the bounds
    close; `betas` as Adam's; `eps` > 0 is added to the root. Raises OptionError where a group begins at rate 0.
    """
    decay = "scaled" if scaled else "plain"
    return Bound(groups, "adaboundw", ams=ams, decay=decay, betas=betas, final_rate=final_rate, gamma=gamma, eps=eps)
