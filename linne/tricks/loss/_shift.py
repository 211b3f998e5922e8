"""Cross-entropy of logits that were shifted by their classes."""

import torch
from torch import Tensor


def shifted(logits: Tensor, targets: Tensor, shift: Tensor) -> Tensor:
    """(B,) -sum_k t_k log softmax(z + shift)_k; a class whose shift is -inf takes no part where its target is 0."""
    log = torch.log_softmax(logits + shift, dim=1)
    return -(targets * log.masked_fill(targets == 0, 0)).sum(1)
