"""feature_noise: noise as large as each feature varies (DeVries and Taylor 2017, arXiv:1702.05538, equation 1)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import some

anywhere = True
"""Inside a network, too: nothing goes by places in a picture."""


def feature_noise(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, strength: float = 0.5, p: float = 1.0
) -> tuple[Tensor, Tensor]:
    """In a share p of the cells x + strength deviation n, n ~ N(0, 1) for every number of `images` (B, ...).

    deviation: of each feature of (B, D) over the cell's rows; of each channel of maps (B, C, ...) over rows and places.
    Targets (B, K) stay. Meant for what a network has made of pictures, as a run of method tail learns from; on pictures
    it is noise in proportion to each channel's contrast. strength: 0.5 in the paper. Raises OptionError unless
    strength > 0 and 0 < p <= 1.
    """
    if not strength > 0:
        raise OptionError(f"feature_noise: strength is above 0, got {strength}. Drop feature_noise for none.")
    some("feature_noise", p)
    if rng.random() >= p:
        return images, targets
    over = [0, *range(2, images.dim())]
    spread = torch.std(images, over, correction=0, keepdim=True)
    drawn = torch.from_numpy(rng.standard_normal(tuple(images.shape), np.float32)).to(images)
    return images + strength * spread * drawn, targets
