"""mosaic: four whole pictures, each squeezed into a quarter that meets at a drawn point (Bochkovskiy et al. 2020)."""

import numpy as np
import torch.nn.functional as F
from torch import Tensor, cat

from ...core.errors import OptionError
from ._draw import maps, partners, shares, some


def mosaic(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, least: float = 0.2, p: float = 1.0
) -> tuple[Tensor, Tensor]:
    """In a share p of the cells: each image (B, C, H, W) top left, three others of the cell around it, labels by area.

    Each is made smaller as a whole, unlike in ricap, which cuts (YOLOv4, arXiv:2004.10934, figure 3; detectors keep
    boxes, a classifier takes areas as shares). The point at which they meet is drawn at least a share `least` of the
    side from each edge (0.2 in the authors' program), the same for the cell. Raises OptionError unless 0 < least <= 0.5
    and 0 < p <= 1, or for what is no (B, C, H, W) of 2 px or more.
    """
    if not 0 < least <= 0.5:
        raise OptionError(f"mosaic: least, the smallest share of a side, is above 0 up to 0.5, got {least}.")
    some("mosaic", p)
    high, wide = maps("mosaic", images)
    if min(high, wide) < 2:
        raise OptionError(f"mosaic: maps of {high} x {wide} cannot be quartered. Take mixup.")
    if rng.random() >= p:
        return images, targets
    top, left = (int(np.clip(round(n * rng.uniform(least, 1 - least)), 1, n - 1)) for n in (high, wide))
    others = [None, *(partners(rng, images) for _ in range(3))]
    sizes = [(top, left), (top, wide - left), (high - top, left), (high - top, wide - left)]
    quarters = [
        F.interpolate(images if order is None else images[order], size, mode="bilinear", antialias=True)
        for order, size in zip(others, sizes, strict=True)
    ]
    areas = [h * w / (high * wide) for h, w in sizes]
    mixed = cat([cat(quarters[:2], 3), cat(quarters[2:], 3)], 2)
    return mixed.to(images.dtype), shares(targets, list(zip(others, areas, strict=True)))
