"""amsbound: AdaBound whose second moment never falls (Luo et al. 2019, arXiv:1902.09843, section 5)."""

import torch

from ._bound import Bound
from ._groups import Groups

adaptive = True


def amsbound(
    groups: Groups,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    final_rate: float = 0.1,
    gamma: float = 1e-3,
    eps: float = 1e-8,
) -> torch.optim.Optimizer:
    """AdaBound with the largest second moment so far under the root.

    `final_rate` >= 0 is the SGD rate at the end, scaled by the schedule; `gamma` in (0, 1): how fast the bounds close.
    `betas` as Adam's; `eps` > 0 is added to the root. Decay is L2. Raises OptionError where a group begins at rate 0.
    """
    return Bound(groups, "amsbound", ams=True, decay="l2", betas=betas, final_rate=final_rate, gamma=gamma, eps=eps)
