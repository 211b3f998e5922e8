"""style: light, colour and contrast between a picture's own and another's (Zhou et al. 2021, arXiv:2104.02008)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import column, maps, partners, some

FLAT = 1e-6

anywhere = True
"""Inside a network, too: nothing goes by places in a picture."""


def style(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, alpha: float = 0.1, p: float = 0.5
) -> tuple[Tensor, Tensor]:
    """In a share p of the cells each channel of each image (B, C, H, W) gets another mean and deviation over its map.

    They are a share s ~ Beta(alpha, alpha), drawn for each row, of the row's own and 1 - s of another's of the cell
    (equations 5 to 7, MixStyle; s = 0 is AdaIN, Huang and Belongie 2017, arXiv:1703.06868). Targets (B, K) stay. On
    pictures it is light, colour and contrast; in a run of method tail the maps are the network's own, as the paper has
    it. A flat channel has no contrast to stretch and takes the mean alone. Raises OptionError unless alpha > 0 and
    0 < p <= 1, or for what is no (B, C, H, W).
    """
    if not alpha > 0:
        raise OptionError(f"style: alpha must be above 0, got {alpha}. Drop style for none.")
    some("style", p)
    maps("style", images)
    if rng.random() >= p:
        return images, targets
    drawn = column(rng.beta(alpha, alpha, len(images)), images)
    return _restyled(images, partners(rng, images), drawn), targets


def _restyled(images: Tensor, order: Tensor, shares: Tensor) -> Tensor:
    """shares (B, 1, 1, 1): of the row's own mean and deviation, the rest are the partner's."""
    spread, mean = torch.std_mean(images, (2, 3), correction=0, keepdim=True)
    wanted, middle = (torch.lerp(part[order], part, shares) for part in (spread, mean))
    return (images - mean) * (wanted / spread.clamp(min=FLAT)) + middle
