"""resizemix: paste another picture, made small as a whole, anywhere (Qin et al. 2020, arXiv:2012.11101)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...core.errors import OptionError
from ._draw import maps, partners, some


def resizemix(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, low: float = 0.1, high: float = 0.8, p: float = 1.0
) -> tuple[Tensor, Tensor]:
    """In a share p of the cells paste into each image (B, C, H, W) another one of the cell at a fraction of its side.

    The fraction is uniform in low..high (0.1 to 0.8, the paper's), the place anywhere where it fits; one draw for the
    cell. Targets (B, K) follow the area that is covered: unlike in cutmix the pasted object is really there. Raises
    OptionError unless 0 < low <= high < 1 and 0 < p <= 1, or for what is no (B, C, H, W).
    """
    if not 0 < low <= high < 1:
        raise OptionError(f"resizemix(low={low}, high={high}): fractions of a side, 0 < low <= high < 1.")
    some("resizemix", p)
    tall, wide = maps("resizemix", images)
    if rng.random() >= p:
        return images, targets
    side = rng.uniform(low, high)
    h, w = (max(1, round(n * side)) for n in (tall, wide))
    y, x = int(rng.integers(tall - h + 1)), int(rng.integers(wide - w + 1))
    other = partners(rng, images)
    mixed = images.clone()
    small = F.interpolate(images[other], (h, w), mode="bilinear", antialias=True)
    mixed[:, :, y : y + h, x : x + w] = small.to(images.dtype)
    return mixed, torch.lerp(targets[other], targets, 1 - h * w / (tall * wide))
