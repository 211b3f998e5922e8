"""class_balanced: rare classes weigh by their effective number of pictures (Cui et al. 2019, arXiv:1901.05555)."""

import torch
from torch import Tensor

from ...core.errors import OptionError
from ._weights import effective


def class_balanced(logits: Tensor, targets: Tensor, counts: Tensor, *, beta: float = 0.9999) -> Tensor:
    """(B,) -sum_k w_k t_k log p_k, w_k = (1 - beta) / (1 - beta^n_k) scaled to sum to K; n is counts (K,).

    beta: from 0 (plain cross-entropy) to below 1 (towards 1 / n). For the focal form take
    focal(form=sigmoid, alpha=effective). The mean over rows is over B; torch's `weight=` divides by the weights' sum
    instead, which takes back part of the weighting in every batch. Raises OptionError for a beta outside, and where a
    class has no picture, whose weight would be infinite.
    """
    if not 0 <= beta < 1:
        raise OptionError(f"class_balanced: beta is from 0 to below 1, got {beta}.")
    weights = effective("class_balanced", counts, beta)
    return -(weights * targets * torch.log_softmax(logits, dim=1)).sum(1)
