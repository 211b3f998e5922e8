"""ohem: only the hardest rows of a batch count (Shrivastava et al. 2016, arXiv:1604.03540)."""

import math

import torch
from torch import Tensor

from ...core.errors import OptionError

scope = "batch"


def ohem(logits: Tensor, targets: Tensor, *, keep: float = 0.7) -> Tensor:
    """(B,) cross-entropies, 0 but for the ceil(keep B) largest, which are scaled so that their mean is the batch's.

    keep: share of the rows, above 0 up to 1; raises OptionError outside. Ties go to the earlier row.
    """
    if not 0 < keep <= 1:
        raise OptionError(f"ohem: keep is a share above 0 up to 1, got {keep}.")
    rows = -(targets * torch.log_softmax(logits, dim=1)).sum(1)
    count = math.ceil(keep * len(rows))
    hardest = torch.argsort(rows.detach(), descending=True, stable=True)[:count]
    held = torch.zeros_like(rows).index_fill(0, hardest, len(rows) / count)
    return rows * held
