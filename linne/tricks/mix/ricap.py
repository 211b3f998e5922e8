"""ricap: four random cuts of four pictures, patched together (Takahashi et al. 2018, arXiv:1811.09030)."""

import numpy as np
from torch import Tensor, cat

from ...core.errors import OptionError
from ._draw import maps, partners, shares


def ricap(images: Tensor, targets: Tensor, rng: np.random.Generator, *, beta: float = 0.3) -> tuple[Tensor, Tensor]:
    """Each image (B, C, H, W) becomes a patchwork of four of the cell, each target (B, K) their areas' shares.

    The point at which they meet is Beta(beta, beta) of either side, so often near an edge; each part is cut at its own
    place, the same for the cell. beta: 0.3 in all published runs. Some copies use names in it that they never set.
    Raises OptionError unless beta > 0, or for what is no (B, C, H, W).
    """
    if not beta > 0:
        raise OptionError(f"ricap: beta must be above 0, got {beta}. Drop ricap for no patching.")
    high, wide = maps("ricap", images)
    top, left = (round(n * float(rng.beta(beta, beta))) for n in (high, wide))
    parts, areas = [], []
    for h, w in ((top, left), (top, wide - left), (high - top, left), (high - top, wide - left)):
        order = partners(rng, images)
        y, x = int(rng.integers(high - h + 1)), int(rng.integers(wide - w + 1))
        parts.append(images[order, :, y : y + h, x : x + w])
        areas.append((order, h * w / (high * wide)))
    return cat([cat(parts[:2], 3), cat(parts[2:], 3)], 2), shares(targets, areas)
