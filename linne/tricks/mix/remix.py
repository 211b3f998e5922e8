"""remix: mixup with the rarer class's label where it is rare enough (Chou et al. 2020, arXiv:2007.03943)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import column, partners

several = False
"""It goes by the one label of each picture."""
anywhere = True
"""Inside a network, too: nothing goes by places in a picture."""


def remix(
    images: Tensor, targets: Tensor, rng: np.random.Generator, counts: "Tensor | None" = None, *, alpha: float = 1.0,
    kappa: float = 3.0, tau: float = 0.5,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Blend each image (B, ...) with another of the cell by a share l from Beta(alpha, alpha), as mixup does.

    Its target (B, K) keeps (equation 10) 0 where its class has at least kappa times the other's pictures and l < tau,
    1 where it has at most 1 / kappa of them and 1 - l < tau, else l. counts: (K,) pictures of each class; of a blend
    the mean. tau: in [0, 1], 0 is mixup. kappa: above 1. Raises OptionError for others, unless alpha > 0,
    and without counts.
    """
    if not (alpha > 0 and kappa > 1 and 0 <= tau <= 1):
        raise OptionError(
            f"remix: alpha is above 0, kappa above 1 and tau from 0 to 1, got alpha={alpha}, kappa={kappa}, tau={tau}."
        )
    if counts is None:
        raise OptionError(
            "remix needs the pictures of each class, which a mix of mixes does not hand on. Take it alone."
        )
    share = float(rng.beta(alpha, alpha))
    other = partners(rng, images)
    blended = torch.lerp(images[other], images, share)
    own = np.full(len(targets), share)
    many = (targets @ counts.to(targets)).cpu().numpy()
    few = many[other.cpu().numpy()]
    known = (many > 0) & (few > 0)  # rows without a label have no class
    if share < tau:
        own[known & (many >= kappa * few)] = 0
    if 1 - share < tau:
        own[known & (kappa * many <= few)] = 1
    return blended, torch.lerp(targets[other], targets, column(own, targets))
