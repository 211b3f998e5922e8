"""focal: cross-entropy that looks away from what is already known (Lin et al. 2017, arXiv:1708.02002, equation 5)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.errors import OptionError, nearest
from ._weights import effective, inverse

several = {"form": "sigmoid"}
"""Where a picture may have several labels: in this form."""
FORMS = ("softmax", "sigmoid")
NAMED = {
    "inverse": lambda counts: inverse("focal", counts),
    "root": lambda counts: inverse("focal", counts, 0.5),
    "effective": lambda counts: effective("focal", counts, 0.9999),
}


def focal(
    logits: Tensor,
    targets: Tensor,
    counts: Tensor,
    *,
    gamma: float = 2.0,
    smoothing: float = 0.0,
    uneven: float = 0.0,
    form: str = "softmax",
    alpha: "str | Sequence[float]" = (),
) -> Tensor:
    """(B,) -sum_k a_k t_k (1 - p_k)^gamma log p_k, p the softmax of logits (B, K), t the targets (B, K), rows sum to 1.

    gamma: 0 is cross-entropy; 2 by default. smoothing: share of each target spread over all classes first. uneven:
    where above 0, plain cross-entropy unless the largest of the classes that learn (counts, (K,)) has more than
    `uneven` times the pictures of the smallest. form: "sigmoid" asks of each class by itself, as class-balanced focal
    does (Cui et al. 2019, arXiv:1901.05555): a_y sum_k [t_k (1 - p_k)^gamma (-log p_k) + (1 - t_k)
    p_k^gamma (-log(1 - p_k))], p the sigmoid and a_y = sum_k t_k a_k / sum_k t_k, the mean over the labels that a
    row has, 1 for one that has none; begin its head's bias at -log(K - 1). alpha: a, K numbers, or "inverse", "root"
    (of one over a class's pictures, mean 1 over pictures) or "effective" (number, beta .9999, mean 1 over classes); ()
    is 1 for all. With the form "sigmoid" a target below 0 is not known and adds nothing. The mean over rows is over B,
    whatever they weigh. Raises OptionError for a gamma below 0 or between 0 and 1 (whose slope at p = 1 is infinite), a
    smoothing outside 0..1, an uneven below 0, another form or alpha, and weights by number where a class has none.
    """
    if gamma < 0 or 0 < gamma < 1 or not 0 <= smoothing < 1 or uneven < 0:
        raise OptionError(
            f"focal(gamma={gamma}, smoothing={smoothing}, uneven={uneven}): gamma is 0 or at least 1, smoothing from 0 "
            "to below 1, uneven at least 0."
        )
    if form not in FORMS:
        raise OptionError(f"focal: there is no form {form!r}. {nearest(form, FORMS)}")
    given, targets = (targets >= 0).to(logits.dtype), targets.clamp(min=0)
    if smoothing:
        targets = targets * (1 - smoothing) + smoothing / targets.shape[1]
    present = counts[counts > 0]
    if uneven and float(present.max()) <= uneven * float(present.min()):
        gamma, alpha = 0, ()
    weights = _weights(alpha, counts)
    if form == "softmax":
        log = torch.log_softmax(logits, dim=1)
        return -(weights * targets * _powered((1 - log.exp()).clamp(min=0), gamma) * log).sum(1)
    known = targets * _powered(torch.sigmoid(-logits), gamma) * F.logsigmoid(logits)
    others = (1 - targets) * _powered(torch.sigmoid(logits), gamma) * F.logsigmoid(-logits)
    each = -((known + others) * given).sum(1)
    if isinstance(weights, float):
        return each
    has = targets.sum(1)
    return each * torch.where(has > 0, (targets * weights).sum(1) / has.clamp(min=1e-12), torch.ones_like(has))


def _powered(rest: Tensor, gamma: float) -> "Tensor | float":
    return rest**gamma if gamma else 1.0


def _weights(alpha: "str | Sequence[float]", counts: Tensor) -> "Tensor | float":
    """(K,) a number a class, or 1."""
    if isinstance(alpha, str):
        if alpha not in NAMED:
            raise OptionError(f"focal: there is no alpha {alpha!r}. {nearest(alpha, NAMED)}")
        return NAMED[alpha](counts)
    if not isinstance(alpha, Sequence) or (len(alpha) and (len(alpha) != len(counts) or min(alpha) < 0)):
        raise OptionError(
            f"focal: alpha is {len(counts)} numbers of at least 0, one a class, as in alpha=(1, 2, ...), or "
            f"{', '.join(NAMED)}; got {alpha!r}."
        )
    return torch.as_tensor(alpha, dtype=counts.dtype, device=counts.device) if len(alpha) else 1.0
