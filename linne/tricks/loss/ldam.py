"""ldam: wider margins for rarer classes, weights for them at the end (Cao et al. 2019, arXiv:1906.07413)."""

import torch
from torch import Tensor

from ...core.errors import OptionError
from ._weights import effective, inhabited


def ldam(
    logits: Tensor,
    targets: Tensor,
    counts: Tensor,
    progress: float,
    *,
    margin: float = 0.5,
    scale: float = 30.0,
    defer: float = 0.8,
    beta: float = 0.9999,
) -> Tensor:
    """(B,) sum_k w_k t_k log(1 + sum_{j != k} e^(s z_j) / e^(s (z_k - m_k))), m_k = margin (n_smallest / n_k)^(1/4).

    The margins of equation 13 suit logits in -1..1, those of a cosine head; for a linear head give scale=1. counts (K,)
    are n. margin: of the rarest class, at least 0. scale: s, above 0. defer: share of the run (progress, 0 to 1) after
    which classes weigh by their effective number of pictures (algorithm 1), 1 is never; beta: of that number, in
    [0, 1), scaled to sum to K. Of a blend each part has its own margin. margin=0, scale=1, defer=1 is cross-entropy.
    The mean over rows is over B, not over weights. Raises OptionError for values outside and where a class has no
    picture, whose margin would be infinite.
    """
    if not margin >= 0 or not scale > 0 or not 0 <= defer <= 1 or not 0 <= beta < 1:
        raise OptionError(
            f"ldam(margin={margin}, scale={scale}, defer={defer}, beta={beta}): margin is at least 0, scale above 0, "
            "defer from 0 to 1, beta from 0 to below 1."
        )
    inhabited("ldam", counts)
    wide = scale * logits
    if margin:
        own = wide - scale * margin * (counts.min() / counts) ** 0.25
        each = torch.logaddexp(torch.zeros_like(own), _others(wide) - own)
    else:
        each = -torch.log_softmax(wide, dim=1)
    if progress >= defer and defer < 1:
        targets = targets * effective("ldam", counts, beta)
    return (targets * each).sum(1)


def _others(logits: Tensor) -> Tensor:
    """(B, K) log sum_{j != k} e^z_j: of 1 - p_k for all but the largest, which is summed without itself."""
    top = logits.argmax(1, keepdim=True)
    chances = torch.softmax(logits, 1).scatter(1, top, 0.0)
    rest = torch.logsumexp(logits, 1, keepdim=True) + torch.log1p(-chances)
    return rest.scatter(1, top, torch.logsumexp(logits.scatter(1, top, -torch.inf), 1, keepdim=True))
