"""weighted: rare classes weigh more, by one over their pictures or its root (King and Zeng 2001)."""

import torch
from torch import Tensor

from ...core.errors import OptionError
from ._weights import inverse


def weighted(logits: Tensor, targets: Tensor, counts: Tensor, *, power: float = 1.0) -> Tensor:
    """(B,) -sum_k w_k t_k log p_k, w_k = c n_k^-power, c such that a picture's mean weight is 1; n is counts (K,).

    power: 1 is inverse frequency, .5 its square root (CS_CE's "smooth"), 0 plain cross-entropy; at least 0. The mean
    over rows is over B. Raises OptionError for a power below 0 and where a class has no picture.
    """
    if not power >= 0:
        raise OptionError(f"weighted: power is at least 0 (1 inverse, .5 square root), got {power}.")
    weights = inverse("weighted", counts, power)
    return -(weights * targets * torch.log_softmax(logits, dim=1)).sum(1)
