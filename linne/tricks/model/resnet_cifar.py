"""resnet_cifar: the ResNets for 32 px, resnet20_cifar to resnet110_cifar (He et al. 2016, arXiv:1512.03385, 4.2)."""

import re

from torch import Tensor, nn

from ._net import Net, own, side
from ._residual import CIFAR, Padded, conv3, row, stages

family = True
members = ("resnet20_cifar", "resnet32_cifar", "resnet44_cifar", "resnet56_cifar", "resnet110_cifar")


def has(name: str) -> bool:
    """Whether this is a name with a depth that the family has: 6 n + 2."""
    return _depth(name) > 2 and _depth(name) % 6 == 2


def resnet_cifar(
    name: str, classes: int | None, channels: int = 3, size: int = 0, *, weights: str | None = None
) -> nn.Module:
    """Three stages of n blocks with 16, 32 and 64 maps; shortcuts without weights (option A). 64 features.

    size: 8 px or more, 32 by default. weights: a file of its tensors; None draws them (Kaiming). Raises OptionError for
    a size below 8.
    """
    n, px = (_depth(name) - 2) // 6, side(name, size, 32, 8)
    stem = [("conv1", conv3(channels, 16)), ("bn1", nn.BatchNorm2d(16)), ("relu", nn.ReLU())]
    body = row(stem, stages(_Block, 16, [(16, n, 1), (32, n, 2), (64, n, 2)]), [])
    return own(Net(name, body, nn.Linear(64, classes or 10), 64, {"size": px, **CIFAR}, channels), weights, classes)


def _depth(name: str) -> int:
    match = re.fullmatch(r"resnet(\d+)_cifar", name)
    return int(match[1]) if match else 0


class _Block(nn.Module):
    def __init__(self, inside: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv3(inside, out, stride), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = conv3(out, out), nn.BatchNorm2d(out)
        self.act1, self.act2 = nn.ReLU(), nn.ReLU()
        self.shortcut, self.width = Padded(out, stride), out

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x)))))
        return self.act2(y + self.shortcut(x))
