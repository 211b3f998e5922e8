"""bi_tempered: a bounded loss of a heavy-tailed softmax, for wrong labels (Amid et al. 2019, arXiv:1906.03361)."""

import torch
from torch import Tensor

from ...core.errors import OptionError

STEPS = 20
"""Newton steps to the softmax's level: quadratic and from one side, so that these reach rounding."""


def bi_tempered(logits: Tensor, targets: Tensor, *, t1: float = 0.8, t2: float = 1.2) -> Tensor:
    """(B,) sum_k t_k (log_t1 t_k - log_t1 p_k) - (t_k^(2 - t1) - p_k^(2 - t1)) / (2 - t1).

    log_t x = (x^(1 - t) - 1) / (1 - t); p_k = exp_t2(z_k - level), (1 - (t2 - 1) u)^(-1 / (t2 - 1)) for exp_t2(u), the
    level such that they sum to 1. t1: 0 to 1, lower bounds what a mislabelled row can weigh. t2: at least
    1, higher is a heavier tail, so that a row near the border is pushed less. t1 = t2 = 1 is cross-entropy; at t1 = 1
    the targets' own entropy, which has no slope, is left out. Probabilities for use are softmax's, in the same order.
    Raises OptionError for values outside.
    """
    if not 0 <= t1 <= 1 or not t2 >= 1:
        raise OptionError(f"bi_tempered(t1={t1}, t2={t2}): t1 is from 0 to 1, t2 at least 1.")
    log = _log_softmax(logits, t2) if t2 > 1 else torch.log_softmax(logits, dim=1)
    if t1 == 1:
        return -(targets * log).sum(1)
    own = (targets ** (1 - t1) - 1) / (1 - t1)
    apart = targets * (own - torch.expm1((1 - t1) * log) / (1 - t1))
    return (apart - (targets ** (2 - t1) - torch.exp((2 - t1) * log)) / (2 - t1)).sum(1)


def _log_softmax(logits: Tensor, t: float) -> Tensor:
    """(B, K) log of the tempered softmax, t > 1.

    S(level) = sum_k p_k; log_t S is concave in the level and S >= 1 at the largest logit, so Newton's steps rise to the
    root without passing it. A last step of S - 1 with a slope gives the level's: dp^t / sum p^t.
    """
    logits = logits - logits.detach().amax(1, keepdim=True)
    level = torch.zeros_like(logits[:, :1])
    with torch.no_grad():
        for _ in range(STEPS):
            log = _log(logits - level, t)
            total = torch.logsumexp(log, 1, keepdim=True)
            rise = torch.expm1((1 - t) * total) / (1 - t)
            level = level + rise * torch.exp(t * total - torch.logsumexp(t * log, 1, keepdim=True))
    log = _log(logits - level, t)
    slope = torch.exp(t * log.detach()).sum(1, keepdim=True)
    return _log(logits - level - (log.exp().sum(1, keepdim=True) - 1) / slope, t)


def _log(u: Tensor, t: float) -> Tensor:
    """log exp_t(u), u <= 0."""
    return -torch.log1p((1 - t) * u) / (t - 1)
