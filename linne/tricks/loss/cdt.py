"""cdt: rare classes learn at a higher temperature (class-dependent temperatures, Ye et al. 2020, arXiv:2001.01385)."""

import torch
from torch import Tensor

from ...core.errors import OptionError
from ._weights import inhabited


def cdt(logits: Tensor, targets: Tensor, counts: Tensor, *, gamma: float = 0.2) -> Tensor:
    """(B,) cross-entropy of z_k / a_k, a_k = (n_largest / n_k)^gamma with n the counts (K,).

    Afterwards the plain logits are used: to have been told through a large a, a rare class's had to grow. gamma: at
    least 0, which is cross-entropy; the paper searches up to .4 for 10 classes, .2 for 100. Raises OptionError below 0
    and where a class has no picture, whose temperature would be infinite.
    """
    if not gamma >= 0:
        raise OptionError(f"cdt: gamma is at least 0, got {gamma}.")
    inhabited("cdt", counts)
    return -(targets * torch.log_softmax(logits * (counts / counts.max()) ** gamma, dim=1)).sum(1)
