"""extrapolate: away from another of the same class (DeVries and Taylor 2017, arXiv:1702.05538, equation 3)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import some

several = False
"""It goes by the one label of each picture."""
anywhere = True
"""Inside a network, too: nothing goes by places in a picture."""


def extrapolate(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, share: float = 0.5, p: float = 1.0
) -> tuple[Tensor, Tensor]:
    """In a share p of the cells x + share (x - y) for each row x of `images` (B, ...) and another y of its class.

    y is drawn among the cell's rows whose largest target is the same (the paper: among the nearest of all of the
    class); a row that is alone with its class stays. Targets (B, K) stay. Meant for what a network has made of
    pictures, as a run of method tail learns from: there differences within a class point somewhere, and further along
    is the class still. share: 0.5 in the paper. Raises OptionError unless share > 0 and 0 < p <= 1.
    """
    if not share > 0:
        raise OptionError(f"extrapolate: share, of the difference, is above 0, got {share}. mixup goes between.")
    some("extrapolate", p)
    if rng.random() >= p:
        return images, targets
    other = torch.from_numpy(_fellows(targets, rng)).to(images.device)
    return images + share * (images - images[other]), targets


def _fellows(targets: Tensor, rng: np.random.Generator) -> np.ndarray:
    """(B,) for each row another of its class, drawn evenly; itself where there is none, or no label."""
    found = targets.detach().cpu().numpy()
    labels = np.where(found.max(1) > 0, found.argmax(1), -1)
    other = np.arange(len(labels))
    for label in np.unique(labels[labels >= 0]):
        places = np.flatnonzero(labels == label)
        if len(places) > 1:
            step = rng.integers(1, len(places), len(places))
            other[places] = places[(np.arange(len(places)) + step) % len(places)]
    return other
