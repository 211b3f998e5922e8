"""asymmetric: each class by itself, easy negatives fade (Ridnik et al. 2021, arXiv:2009.14119)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.errors import OptionError

several = True
"""Where a picture may have several labels, too."""


def asymmetric(
    logits: Tensor, targets: Tensor, *, positive: float = 0.0, negative: float = 4.0, clip: float = 0.05
) -> Tensor:
    """(B,) sum_k -t_k (1 - p_k)^positive log p_k - (1 - t_k) q_k^negative log(1 - q_k), p the sigmoid of logits (B, K).

    q = max(p - clip, 0). positive, negative: how fast known classes fade, 0 or at least 1 (below 1 the slope at
    certainty is infinite); the paper's are 0 and 4. clip: probability below which a negative no longer counts, in
    [0, 1). All three 0 is `binary`. A target below 0 is
    not known and adds nothing. Raises OptionError for values outside.
    """
    if any(power < 0 or 0 < power < 1 for power in (positive, negative)) or not 0 <= clip < 1:
        raise OptionError(
            f"asymmetric(positive={positive}, negative={negative}, clip={clip}): positive and negative are 0 or at "
            "least 1, clip from 0 to below 1."
        )
    chances, against = torch.sigmoid(logits), torch.sigmoid(-logits)
    known = F.logsigmoid(logits) * (against**positive if positive else 1.0)
    away = torch.log((against + clip).clamp(max=1)) if clip else F.logsigmoid(-logits)
    away = away * ((chances - clip).clamp(min=0) ** negative if negative else 1.0)
    return -((targets * known + (1 - targets) * away) * (targets >= 0)).sum(1)
