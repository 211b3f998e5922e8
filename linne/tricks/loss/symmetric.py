"""symmetric: cross-entropy both ways round, for wrong labels (Wang et al. 2019, arXiv:1908.06112)."""

import math

import torch
from torch import Tensor

from ...core.errors import OptionError


def symmetric(logits: Tensor, targets: Tensor, *, alpha: float = 0.1, beta: float = 1.0, floor: float = -4.0) -> Tensor:
    """(B,) -alpha sum_k t_k log p_k - beta sum_k p_k log t_k, p the softmax of logits (B, K).

    floor: what log t counts at least, below 0, since a label's log 0 is infinite. It is -4 in the paper; its public
    code clips t at 1e-4 and so has -9.21, 2.3 times as much of the second term. alpha, beta: at least 0 (.1 and 1 for
    10 classes, 6 and .1 for 100); alpha=1, beta=0 is cross-entropy. Raises OptionError for values outside.
    """
    if not alpha >= 0 or not beta >= 0 or not floor < 0:
        raise OptionError(
            f"symmetric(alpha={alpha}, beta={beta}, floor={floor}): alpha and beta are at least 0, floor below 0."
        )
    log = torch.log_softmax(logits, dim=1)
    back = log.exp() * targets.clamp(min=math.exp(floor)).log()
    return -(alpha * targets * log).sum(1) - (beta * back).sum(1)
