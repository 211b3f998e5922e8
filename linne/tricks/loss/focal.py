"""focal: cross-entropy that looks away from what is already known (Lin et al. 2017, arXiv:1708.02002, equation 5)."""

import torch
from torch import Tensor

from ...core.errors import OptionError


def focal(
    logits: Tensor, targets: Tensor, counts: Tensor, *, gamma: float = 2.0, smoothing: float = 0.0, uneven: float = 0.0
) -> Tensor:
    """(B,) -sum_k t_k (1 - p_k)^gamma log p_k, p the softmax of logits (B, K), t the targets (B, K), rows sum to 1.

    gamma: 0 is cross-entropy; 2 by default. smoothing: share of each target spread over all classes first. uneven:
    where above 0, plain cross-entropy unless the largest of the classes that learn (counts, (K,)) has more than
    `uneven` times the pictures of the smallest. The mean over rows is over B, whatever they weigh. Raises OptionError
    for a gamma below 0 or between 0 and 1 (whose slope at p = 1 is infinite), a smoothing outside 0..1, an uneven
    below 0.
    """
    if gamma < 0 or 0 < gamma < 1 or not 0 <= smoothing < 1 or uneven < 0:
        raise OptionError(
            f"focal(gamma={gamma}, smoothing={smoothing}, uneven={uneven}): gamma is 0 or at least 1, smoothing from 0 "
            "to below 1, uneven at least 0."
        )
    if smoothing:
        targets = targets * (1 - smoothing) + smoothing / targets.shape[1]
    log = torch.log_softmax(logits, dim=1)
    present = counts[counts > 0]
    if gamma == 0 or (uneven and float(present.max()) <= uneven * float(present.min())):
        return -(targets * log).sum(1)
    return -(targets * (1 - log.exp()).clamp(min=0) ** gamma * log).sum(1)
