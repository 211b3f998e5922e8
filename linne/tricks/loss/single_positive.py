"""single_positive: one label of a picture is known to be there and nothing of the others (Cole et al. 2021,
arXiv:2106.09708)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.errors import OptionError, nearest

scope = "batch"
several = "only"
"""Of one label a picture, every other is known not to be there."""
FORMS = ("negative", "weak", "expected")


def single_positive(
    logits: Tensor, targets: Tensor, *, form: str = "expected", count: float = 0.0, smoothing: float = 0.2
) -> Tensor:
    """(B,) of logits (B, K) and targets (B, K): 1 known to be there, 0 known not to be, below 0 not known.

    form: "negative" takes what is not known to be absent (L_AN): the mean over labels of binary
    cross-entropy. "weak" (L_WAN) weighs that by 1 / (K - 1), so that one label there weighs as much as all
    the others. "expected" (L_EPR) asks nothing of what is not known but that a batch's pictures have
    `count` labels on average: -sum of log p over what is there / K, plus ((sum of p over the batch / B - count) / K)^2
    on every row. smoothing: with "negative" targets t become t (1 - e) + e / 2 (L_AN-LS; the authors' ls_coef of .1
    is .2 here, 0 is L_AN). What is known to be absent adds -log(1 - p) / K to any form. count: must be given for
    "expected" and only there. The batch is gathered whole. Raises OptionError for another form and for options outside.
    """
    if form not in FORMS:
        raise OptionError(f"single_positive: there is no form {form!r}. {nearest(form, FORMS)}")
    labels = logits.shape[1]
    if (form == "expected") != (0 < count <= labels):
        raise OptionError(
            f"single_positive(form={form}, count={count}): count is how many of the {labels} labels a picture has on "
            "average, above 0, and is for the form 'expected' alone, which needs it."
        )
    if not 0 <= smoothing < 1:
        raise OptionError(f"single_positive: smoothing is a share from 0 to below 1, got {smoothing}.")
    there, absent, unknown = (targets > 0, targets == 0, targets < 0)
    here, away = -F.logsigmoid(logits), -F.logsigmoid(-logits)
    if form == "expected":
        excess = (torch.sigmoid(logits).sum(1).mean() - count) / labels
        return (here * there + away * absent).sum(1) / labels + excess**2
    if form == "weak":
        return (here * there + away * absent + away * unknown / max(labels - 1, 1)).sum(1) / labels
    share = there.to(logits.dtype) * (1 - smoothing) + smoothing / 2
    assumed = share * here + (1 - share) * away
    return torch.where(absent, away, assumed).sum(1) / labels
