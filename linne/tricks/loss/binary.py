"""binary: each class by itself, one against the rest (Wightman et al. 2021, arXiv:2110.00476)."""

from torch import Tensor
from torch.nn import functional as F

from ...core.errors import OptionError

several = True
"""Where a picture may have several labels, too."""


def binary(
    logits: Tensor, targets: Tensor, *, threshold: float | None = None, smoothing: float = 0.0, mean: bool = False
) -> Tensor:
    """(B,) sum over classes of -t_k log s_k - (1 - t_k) log(1 - s_k), s the sigmoid of logits (B, K), targets (B, K).

    threshold: in [0, 1), makes a target above it 1 and any other 0, so that of a blend both classes are there; .2 in
    the paper; None leaves shares as they are. smoothing: share e spread over all classes afterwards, t (1 - e) + e / K
    (timm thresholds last, which undoes its smoothing). mean: the mean over classes as in timm, for rates tuned with
    it, in place of the sum, whose slopes are of cross-entropy's size. Probabilities for use are softmax's, in the same
    order. A target below 0 is not known and adds nothing (the mean is over those that are). Raises OptionError for
    values outside.
    """
    if threshold is not None and not 0 <= threshold < 1:
        raise OptionError(f"binary: threshold is from 0 to below 1, or none, got {threshold}.")
    if not 0 <= smoothing < 1:
        raise OptionError(f"binary: smoothing is a share from 0 to below 1, got {smoothing}.")
    known = (targets >= 0).to(logits.dtype)
    targets = targets.clamp(min=0)
    if threshold is not None:
        targets = (targets > threshold).to(logits.dtype)
    if smoothing:
        targets = targets * (1 - smoothing) + smoothing / targets.shape[1]
    each = F.binary_cross_entropy_with_logits(logits, targets, reduction="none") * known
    return each.sum(1) / known.sum(1).clamp(min=1) if mean else each.sum(1)
