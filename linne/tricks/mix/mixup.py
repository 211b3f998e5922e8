"""mixup: train on blends of two pictures (Zhang et al. 2018, arXiv:1710.09412)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError


def mixup(images: Tensor, targets: Tensor, rng: np.random.Generator, *, alpha: float = 0.2) -> tuple[Tensor, Tensor]:
    """Blend each image (B, ...) and its target (B, K) with another of the cell; a larger alpha blends more evenly.

    One share, drawn from Beta(alpha, alpha), for the whole cell. Raises OptionError unless alpha > 0.
    """
    if not alpha > 0:
        raise OptionError(f"mixup: alpha must be above 0, got {alpha}. Drop mixup for no blending.")
    share = float(rng.beta(alpha, alpha))
    other = torch.from_numpy(rng.permutation(len(images))).to(images.device)
    return torch.lerp(images[other], images, share), torch.lerp(targets[other], targets, share)
