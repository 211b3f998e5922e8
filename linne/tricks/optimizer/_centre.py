"""Gradients without their mean per output (Yong et al. 2020, arXiv:2004.01461, equation 1)."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor


def centred(grads: Sequence[Any], conv_only: bool) -> list[Tensor]:
    """New tensors: each gradient of 2 or more dims (4 or more if `conv_only`) less its mean over all but the first."""
    least = 4 if conv_only else 2
    return [g - g.mean(dim=tuple(range(1, g.dim())), keepdim=True) if g.dim() >= least else g for g in grads]
