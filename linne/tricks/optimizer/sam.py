"""sam: steps with the gradient of the worst point nearby (Foret et al. 2021, arXiv:2010.01412, algorithm 1)."""

from typing import Any

import torch
from torch import Tensor

from ._groups import Groups, need
from ._sharp import Sharp, norm, scaled
from ._wrap import build


def sam(groups: Groups, *, base: str = "sgd", rho: float = 0.05) -> torch.optim.Optimizer:
    """e = rho g / (|g| + 1e-12), the norm over all groups together; `base` steps from w with the gradient at w + e.

    `base`: an optimizer with its options, as in `base=adamw(eps=1e-6)`. `rho` >= 0: how far to look. Runs the batch
    twice a step. Raises OptionError for rho < 0 or a base that calls the closure more than once itself.
    """
    need(rho >= 0, f"sam(rho={rho}): it is at least 0.")

    def ascent(weights: list[Tensor], gradients: list[Any], names: list[str]) -> list[Tensor]:
        return scaled(gradients, rho / (norm(gradients) + 1e-12))

    return Sharp(build(base, groups), "sam", ascent)
