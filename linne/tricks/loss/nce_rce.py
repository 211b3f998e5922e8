"""nce_rce: an active and a passive loss that wrong labels cannot mislead (Ma et al. 2020, arXiv:2006.13554)."""

import math

import torch
from torch import Tensor

from ...core.errors import OptionError


def nce_rce(logits: Tensor, targets: Tensor, *, alpha: float = 1.0, beta: float = 1.0, floor: float = -4.0) -> Tensor:
    """(B,) alpha sum_k t_k log p_k / sum_j log p_j - beta sum_k p_k log t_k, p the softmax of logits (B, K).

    Each term, summed over all labels, is the same for whatever p, which is why symmetric noise moves no
    minimum. floor: what log t counts at least, below 0: -4 in the paper, -9.21 in its code, which clips t at 1e-4.
    alpha, beta: at least 0, not both 0 (1 and 1 for 10 classes, 10 and .1 for 100). Raises OptionError outside.
    """
    if not alpha >= 0 or not beta >= 0 or not alpha + beta > 0 or not floor < 0:
        raise OptionError(
            f"nce_rce(alpha={alpha}, beta={beta}, floor={floor}): alpha and beta are at least 0 and not both 0, floor "
            "below 0."
        )
    log = torch.log_softmax(logits, dim=1)
    active = (targets * log).sum(1) / log.sum(1)
    passive = -(log.exp() * targets.clamp(min=math.exp(floor)).log()).sum(1)
    return alpha * active + beta * passive
