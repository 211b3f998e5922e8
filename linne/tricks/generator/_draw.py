"""What generators share: pictures of the classes that are asked for."""

import numpy as np
import torch
from torch import Tensor, nn


def sampled(generator: nn.Module, classes: np.ndarray, rng: np.random.Generator, noise: int, count: int) -> Tensor:
    """(n, C, size, size) from n draws of `noise` normal numbers and one-hot labels of these classes (n,) of `count`; -1
    is of no class."""
    place = next(generator.parameters()).device
    targets = torch.zeros(len(classes), count)
    known = np.flatnonzero(classes >= 0)
    targets[known, classes[known]] = 1
    draws = torch.from_numpy(rng.standard_normal((len(classes), noise), np.float32))
    with torch.no_grad():
        return generator(draws.to(place), targets.to(place))
