"""mse: the squared error of the probabilities (Brier 1950)."""

import torch
from torch import Tensor


def mse(logits: Tensor, targets: Tensor) -> Tensor:
    """(B,) sum_k (p_k - t_k)^2, p the softmax of logits (B, K): 0 to 2. Its slope vanishes at the worst mistakes."""
    return ((torch.softmax(logits, dim=1) - targets) ** 2).sum(1)
