"""wrn: wide residual networks for 32 px, wrn28_10, wrn40_4, ... (Zagoruyko and Komodakis 2016, arXiv:1605.07146)."""

import re
from functools import partial

from torch import nn

from ._net import Net, own, side
from ._residual import CIFAR, PreAct, conv3, row, stages

family = True
members = ("wrn16_4", "wrn16_8", "wrn16_10", "wrn28_2", "wrn28_10", "wrn40_2", "wrn40_4", "wrn40_8")


def has(name: str) -> bool:
    """Whether this is wrn, a depth of 6 n + 4, and a width."""
    depth, _ = _read(name)
    return depth > 4 and depth % 6 == 4


def wrn(
    name: str,
    classes: int | None,
    channels: int = 3,
    size: int = 0,
    *,
    weights: str | None = None,
    dropout: float = 0.0,
) -> nn.Module:
    """Three stages of n pre-activation blocks with 16, 32 and 64 times k maps, norm and ReLU at the end.

    size: 8 px or more, 32 by default. dropout: the share dropped between a block's convolutions (the paper's 0.3).
    weights: a file of its tensors; None draws them (Kaiming). Raises OptionError for a size below 8.
    """
    depth, k = _read(name)
    n, px, width = (depth - 4) // 6, side(name, size, 32, 8), 64 * k
    plan = [(16 * k, n, 1), (32 * k, n, 2), (64 * k, n, 2)]
    blocks = stages(partial(PreAct, dropout=dropout), 16, plan)
    body = row([("conv1", conv3(channels, 16))], blocks, [("bn", nn.BatchNorm2d(width)), ("relu", nn.ReLU())])
    return own(
        Net(name, body, nn.Linear(width, classes or 10), width, {"size": px, **CIFAR}, channels), weights, classes
    )


def _read(name: str) -> tuple[int, int]:
    match = re.fullmatch(r"wrn(\d+)_(\d+)", name)
    return (int(match[1]), int(match[2])) if match else (0, 0)
