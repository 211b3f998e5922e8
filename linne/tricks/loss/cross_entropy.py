"""cross_entropy: minus the log of the label's probability (smoothing is spread over all classes, as torch does)."""

import torch
from torch import Tensor

from ...core.errors import OptionError


def cross_entropy(logits: Tensor, targets: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """(B,) losses of logits (B, K) against targets (B, K) that sum to 1 a row.

    smoothing: share e of each target that is spread evenly over all K classes, e / K each (Szegedy et al. 2016,
    arXiv:1512.00567, section 7). Raises OptionError outside 0..1.
    """
    if not 0 <= smoothing < 1:
        raise OptionError(f"cross_entropy: smoothing is a share from 0 to below 1, got {smoothing}.")
    if smoothing:
        targets = targets * (1 - smoothing) + smoothing / targets.shape[1]
    return -(targets * torch.log_softmax(logits, dim=1)).sum(1)
