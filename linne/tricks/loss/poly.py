"""poly: cross-entropy whose first term is made larger or smaller (Leng et al. 2022, arXiv:2204.12511)."""

import torch
from torch import Tensor

from ...core.errors import OptionError


def poly(logits: Tensor, targets: Tensor, *, epsilon: float = 1.0) -> Tensor:
    """(B,) sum_k t_k (-log p_k + epsilon (1 - p_k)), p the softmax of logits (B, K): Poly-1.

    Cross-entropy is the sum of (1 - p)^j / j; epsilon is added to the first one's factor. epsilon: at least -1, below
    which the loss would fall where p does; 0 is cross-entropy. Raises OptionError below.
    """
    if not epsilon >= -1:
        raise OptionError(f"poly: epsilon is at least -1, got {epsilon}.")
    log = torch.log_softmax(logits, dim=1)
    return -(targets * (log + epsilon * torch.expm1(log))).sum(1) if epsilon else -(targets * log).sum(1)
