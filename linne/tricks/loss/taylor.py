"""taylor: the first terms of cross-entropy's series, for wrong labels (Feng et al., IJCAI 2020)."""

import torch
from torch import Tensor

from ...core.errors import OptionError


def taylor(logits: Tensor, targets: Tensor, *, order: int = 2) -> Tensor:
    """(B,) sum_k t_k sum_{i=1..order} (1 - p_k)^i / i, p the softmax of logits (B, K).

    order: 1 is half the absolute error, 2 the default, more comes to cross-entropy from below. Not the Taylor softmax
    that goes by this name in public code: its probabilities do not rise with the logits, so the largest logit would
    name the wrong class. Raises OptionError below 1 or for no whole number.
    """
    if not isinstance(order, int) or order < 1:
        raise OptionError(f"taylor: order is a whole number from 1, got {order!r}.")
    rest = -torch.expm1(torch.log_softmax(logits, dim=1))
    series = torch.zeros_like(rest)
    for i in range(order, 0, -1):
        series = rest * (1 / i + series)
    return (targets * series).sum(1)
