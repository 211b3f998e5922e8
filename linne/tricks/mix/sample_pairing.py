"""sample_pairing: lay another picture over each, and keep its label as it was (Inoue 2018, arXiv:1801.02929)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import partners, some

anywhere = True
"""Inside a network, too: nothing goes by places in a picture."""


def sample_pairing(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, share: float = 0.5, p: float = 0.8
) -> tuple[Tensor, Tensor]:
    """In a share p of the cells each image (B, ...) becomes `share` of itself and the rest of another of the cell.

    Targets (B, K) stay. share: 0.5 is the paper's mean of two. p: the paper mixes in 8 of 10 epochs; here each cell is
    drawn for. The paper neither begins nor ends with it: give the run's mixing an end before its own. Raises
    OptionError unless 0 < share < 1 and 0 < p <= 1.
    """
    if not 0 < share < 1:
        raise OptionError(f"sample_pairing: share, of a picture in itself, lies between 0 and 1, got {share}.")
    some("sample_pairing", p)
    if rng.random() >= p:
        return images, targets
    return torch.lerp(images[partners(rng, images)], images, share), targets
