"""Weights of classes by how many pictures each has among those that learn."""

import math

import torch
from torch import Tensor

from ...core.errors import OptionError


def inhabited(name: str, counts: Tensor) -> None:
    """Raise OptionError where a class has no picture: what divides by their number would be infinite."""
    empty = (counts == 0).nonzero().flatten().tolist()
    if empty:
        numbers = ", ".join(map(str, empty[:8])) + (", ..." if len(empty) > 8 else "")
        raise OptionError(
            f"The loss {name!r} divides by the pictures of each class, and {len(empty)} of {len(counts)} classes have "
            f"none to learn from (numbers {numbers}). Leave these classes out, or take cross_entropy."
        )


def inverse(name: str, counts: Tensor, power: float = 1.0) -> Tensor:
    """(K,) n^-power, scaled to a mean of 1 over the pictures, so that the loss keeps its size; 0 is 1 throughout."""
    inhabited(name, counts)
    weights = counts**-power
    return weights * (counts.sum() / (counts * weights).sum())


def effective(name: str, counts: Tensor, beta: float) -> Tensor:
    """(K,) (1 - beta) / (1 - beta^n), scaled to sum to K; 1 throughout for beta = 0."""
    inhabited(name, counts)
    if beta == 0:
        return torch.ones_like(counts)
    weights = -1 / torch.expm1(counts * math.log(beta))
    return weights * (len(counts) / weights.sum())
