"""cross_entropy: minus the log of the label's probability, with either convention of label smoothing.

Soft targets (blends, a teacher's) need no loss of their own: targets are (B, K) throughout.
"""

import torch
from torch import Tensor

from ...core.errors import OptionError, nearest

SPREADS = ("all", "others")


def cross_entropy(logits: Tensor, targets: Tensor, *, smoothing: float = 0.0, spread: str = "all") -> Tensor:
    """(B,) losses of logits (B, K) against targets (B, K) that sum to 1 a row.

    smoothing: share e of each target that is given away. spread: to whom. "all": e / K to each of the K classes, the
    label's own included (Szegedy et al. 2016, arXiv:1512.00567, section 7; torch's). "others": t (1 - e) +
    (1 - t) e / (K - 1), so a label keeps 1 - e and the others share e; the same as "all" with e K / (K - 1). Raises
    OptionError outside 0..1, for another word, and for a spread without smoothing.
    """
    if not 0 <= smoothing < 1:
        raise OptionError(f"cross_entropy: smoothing is a share from 0 to below 1, got {smoothing}.")
    if spread not in SPREADS:
        raise OptionError(f"cross_entropy: there is no spread {spread!r}. {nearest(spread, SPREADS)}")
    classes = targets.shape[1]
    if spread == "others":
        if not smoothing or classes == 1:
            raise OptionError("cross_entropy: spread='others' needs a smoothing above 0 and two classes or more.")
        targets = targets * (1 - smoothing) + (1 - targets) * (smoothing / (classes - 1))
    elif smoothing:
        targets = targets * (1 - smoothing) + smoothing / classes
    return -(targets * torch.log_softmax(logits, dim=1)).sum(1)
