"""gce: between cross-entropy and the absolute error, for wrong labels (Zhang and Sabuncu 2018, arXiv:1805.07836)."""

import torch
from torch import Tensor

from ...core.errors import OptionError


def gce(logits: Tensor, targets: Tensor, *, q: float = 0.7) -> Tensor:
    """(B,) sum_k t_k (1 - p_k^q) / q, p the softmax of logits (B, K).

    q: from 0, cross-entropy, to 1, half the absolute error, which no symmetric noise can mislead but which learns
    slowly; .7 in the paper. Raises OptionError outside.
    """
    if not 0 <= q <= 1:
        raise OptionError(f"gce: q is from 0 to 1, got {q}.")
    log = torch.log_softmax(logits, dim=1)
    return -(targets * (torch.expm1(q * log) / q if q else log)).sum(1)
