"""influence_balanced: rows that pull most at the border weigh less (Park et al. 2021, arXiv:2110.02444)."""

import torch
from torch import Tensor

from ...core.errors import OptionError
from ._weights import inhabited


def influence_balanced(
    logits: Tensor,
    targets: Tensor,
    counts: Tensor,
    progress: float,
    features: Tensor,
    *,
    begin: float = 0.5,
    alpha: float = 10.0,
) -> Tensor:
    """(B,) sum_k l_k t_k (-log p_k) alpha / (|p - t|_1 |h|_1 + .001) from `begin` on, cross-entropy before.

    p is the softmax of logits (B, K), h are features (B, width), what the head was given; |p - t|_1 |h|_1 is the size
    of a row's slope in a linear head. l_k = K n_k^-1 / sum_j n_j^-1, n the counts (K,). The weight has no slope of its
    own: in the authors' code it has, which makes a row that is known pull back. begin: share of the run (progress, 0 to
    1), up to 1, which is never; half in the paper. alpha: above 0; 1000 in the paper, whose rate falls to a hundredth
    at that moment; 10 is the same for SGD with its rate as it is. Raises OptionError outside and where a class has no
    picture.
    """
    if not 0 <= begin <= 1 or not alpha > 0:
        raise OptionError(f"influence_balanced(begin={begin}, alpha={alpha}): begin is from 0 to 1, alpha above 0.")
    inhabited("influence_balanced", counts)
    log = torch.log_softmax(logits, dim=1)
    if progress < begin or begin == 1:
        return -(targets * log).sum(1)
    with torch.no_grad():
        pull = (log.exp() - targets).abs().sum(1) * features.flatten(1).abs().sum(1)
        rare = len(counts) / counts / (1 / counts).sum()
    return -(targets * rare * log).sum(1) * alpha / (pull.to(log.dtype) + 0.001)
