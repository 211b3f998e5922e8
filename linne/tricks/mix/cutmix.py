"""cutmix: paste a rectangle of another picture, and as much of its label (Yun et al. 2019, arXiv:1905.04899)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError


def cutmix(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, alpha: float = 1.0, p: float = 0.5
) -> tuple[Tensor, Tensor]:
    """In a share p of the cells paste into each image (B, C, H, W) the same rectangle of another of the cell.

    Its area is a share 1 - Beta(alpha, alpha) of the picture, its centre anywhere; what lies outside is cut off, and
    targets (B, K) follow the area that is really covered. Raises OptionError unless alpha > 0 and 0 < p <= 1.
    """
    if not alpha > 0 or not 0 < p <= 1:
        raise OptionError(f"cutmix: alpha must be above 0 and p above 0 up to 1, got alpha={alpha}, p={p}.")
    if rng.random() >= p:
        return images, targets
    high, wide = images.shape[-2:]
    side = np.sqrt(1 - rng.beta(alpha, alpha))
    y, x = rng.integers(high), rng.integers(wide)
    top, bottom = (int(np.clip(y + sign * int(high * side) // 2, 0, high)) for sign in (-1, 1))
    left, right = (int(np.clip(x + sign * int(wide * side) // 2, 0, wide)) for sign in (-1, 1))
    other = torch.from_numpy(rng.permutation(len(images))).to(images.device)
    images = images.clone()
    images[..., top:bottom, left:right] = images[other][..., top:bottom, left:right]
    share = 1 - (bottom - top) * (right - left) / (high * wide)
    return images, torch.lerp(targets[other], targets, share)
