"""lookahead: k steps ahead by another optimizer, then part of the way (Zhang et al. 2019, arXiv:1907.08610)."""

import torch

from ._groups import Groups
from ._slow import Slow
from ._wrap import build


def lookahead(
    groups: Groups, *, base: str = "sgd", k: int = 5, alpha: float = 0.8, pullback: str = "none"
) -> torch.optim.Optimizer:
    """Algorithm 1 with the authors' defaults: every `k` steps of `base`, slow += `alpha` (fast - slow), fast = slow.

    `base`: an optimizer with its options, as in `base=adamw(eps=1e-6)`. `pullback`: what a sync does to the base's
    momentum: "none", "reset" to 0, or "pullback", the same blend. `evaluating(True)` puts the slow weights in place, on
    which to evaluate and which to keep. Raises OptionError for k < 1, alpha outside [0, 1], or a base with slow
    weights.
    """
    return Slow(build(base, groups), "lookahead", k, alpha, pullback)
