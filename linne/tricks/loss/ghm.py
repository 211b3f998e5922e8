"""ghm: what many rows are equally wrong about counts less (Li et al. 2019, arXiv:1811.05181)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.errors import OptionError

scope = "batch"


def ghm(logits: Tensor, targets: Tensor, *, bins: int = 30) -> Tensor:
    """(B,) sum over classes of w BCE; w is one over how many of the batch's decisions have a like slope |s_k - t_k|.

    s is the sigmoid of logits (B, K). w = B K / (m R): R the decisions in the same of `bins` equal parts of 0..1, m the
    parts that hold any, as the authors' code has it, so that the mean weight is 1; the paper divides by `bins` in
    place of m. Their running mean over steps is left out: it would make a batch's loss depend on what came before.
    bins: 1 is `binary`; raises OptionError below 1 or for no whole number.
    """
    if not isinstance(bins, int) or bins < 1:
        raise OptionError(f"ghm: bins is a whole number from 1, got {bins!r}.")
    slopes = (torch.sigmoid(logits) - targets).abs().detach()
    where = (slopes * bins).long().clamp(max=bins - 1)
    sizes = torch.bincount(where.flatten(), minlength=bins).to(logits.dtype)
    weights = slopes.numel() / (sizes[where] * (sizes > 0).sum())
    each = F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), reduction="none")
    return (weights * each).sum(1)
