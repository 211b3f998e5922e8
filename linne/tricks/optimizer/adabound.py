"""adabound: Adam that turns into SGD, its rates held between closing bounds (Luo et al. 2019, arXiv:1902.09843)."""

import torch

from ._bound import Bound
from ._groups import Groups

adaptive = True


def adabound(
    groups: Groups,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    final_rate: float = 0.1,
    gamma: float = 1e-3,
    eps: float = 1e-8,
) -> torch.optim.Optimizer:
    """The authors' code: Adam's rate per weight, clipped to F (1 - 1/(gamma t + 1)) .. F (1 + 1/(gamma t)).

    `final_rate` F >= 0 is the SGD rate at the end, scaled by the schedule as everything is; `gamma` in (0, 1): how fast
    the bounds close. `betas` as Adam's; `eps` > 0 is added to the root. Decay is L2, added to the gradient. Raises
    OptionError where a group begins at rate 0, by which the bounds would be measured.
    """
    return Bound(groups, "adabound", ams=False, decay="l2", betas=betas, final_rate=final_rate, gamma=gamma, eps=eps)
