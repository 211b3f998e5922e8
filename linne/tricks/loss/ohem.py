"""ohem: only the hardest rows of a batch count (Shrivastava et al. 2016, arXiv:1604.03540)."""

import math

import torch
from torch import Tensor

from ...core.errors import OptionError

scope = "batch"


def ohem(logits: Tensor, targets: Tensor, *, keep: float | None = None, threshold: float | None = None) -> Tensor:
    """(B,) cross-entropies, 0 but for the hardest rows', which are scaled so that their mean is the batch's.

    keep: share of the rows that counts, above 0 up to 1, rounded up; .7 where no threshold is given. threshold: a
    probability between 0 and 1: every row counts whose loss is above -log(threshold), which for a hard label is
    p < threshold, and at least the share `keep`, then 1/16 unless given. Rows are those with a label; ties go to the
    earlier; of blended targets the blend's loss decides. Raises OptionError outside.
    """
    keep = (0.7 if threshold is None else 1 / 16) if keep is None else keep
    if not 0 < keep <= 1:
        raise OptionError(f"ohem: keep is a share above 0 up to 1, got {keep}.")
    if threshold is not None and not 0 < threshold < 1:
        raise OptionError(f"ohem: threshold is a probability between 0 and 1, got {threshold}.")
    rows = -(targets * torch.log_softmax(logits, dim=1)).sum(1)
    hard = rows.detach()
    count = max(1, math.ceil(keep * int((targets.sum(1) > 0).sum())))
    if threshold is not None:
        count = max(count, int((hard > -math.log(threshold)).sum()))
    hardest = torch.argsort(hard, descending=True, stable=True)[:count]
    held = torch.zeros_like(rows).index_fill(0, hardest, len(rows) / count)
    return rows * held
