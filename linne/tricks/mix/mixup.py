"""mixup: train on blends of two pictures (Zhang et al. 2018, arXiv:1710.09412)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import column, each, partners

anywhere = True
"""Inside a network, too: nothing goes by places in a picture."""


def mixup(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, alpha: float = 0.2, per: str = "cell"
) -> tuple[Tensor, Tensor]:
    """Blend each image (B, ...) and its target (B, K) with another of the cell; a larger alpha blends more evenly.

    The share is drawn from Beta(alpha, alpha): one for the whole cell, or with per "row" one for each row. Raises
    OptionError unless alpha > 0, and for another per.
    """
    if not alpha > 0:
        raise OptionError(f"mixup: alpha must be above 0, got {alpha}. Drop mixup for no blending.")
    if each("mixup", per):
        drawn = rng.beta(alpha, alpha, len(images))
        other = partners(rng, images)
        blended = torch.lerp(images[other], images, column(drawn, images))
        return blended, torch.lerp(targets[other], targets, column(drawn, targets))
    share = float(rng.beta(alpha, alpha))
    other = partners(rng, images)
    return torch.lerp(images[other], images, share), torch.lerp(targets[other], targets, share)
