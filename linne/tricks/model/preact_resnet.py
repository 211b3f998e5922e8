"""preact_resnet: pre-activation ResNets by depth, preact_resnet18 to 152 (He et al. 2016, arXiv:1603.05027)."""

import re
from functools import partial

from torch import nn

from ._net import IMAGENET, PLAIN, Net, own, side
from ._residual import CIFAR, PreAct, conv3, row, stages

family = True
members = ("preact_resnet18", "preact_resnet34", "preact_resnet50", "preact_resnet101", "preact_resnet152")
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def has(name: str) -> bool:
    """Whether this is one of the five depths."""
    return name in members


def preact_resnet(
    name: str,
    classes: int | None,
    channels: int = 3,
    size: int = 0,
    *,
    weights: str | None = None,
    small: bool | None = None,
) -> nn.Module:
    """Four stages with 64, 128, 256 and 512 maps (4 times as many out of a bottleneck), norm and ReLU at the end.

    size: 8 px or more (32 with the large stem), 32 by default. small: a 3 x 3 stem without pooling (as on CIFAR), else
    7 x 7 with stride 2 and pooling (as on ImageNet); by default small up to 64 px. weights: a file of its tensors; None
    draws them (Kaiming). Raises OptionError for a size that is too small.
    """
    depth = int(re.sub(r"\D", "", name))
    little = small if small is not None else size <= 64
    px, deep = side(name, size, 32 if little else 224, 8 if little else 32), depth >= 50
    plan = [(64 << k, count, 1 if k == 0 else 2) for k, count in enumerate(BLOCKS[depth])]
    width = 2048 if deep else 512
    ends: list[tuple[str, nn.Module]] = [("bn", nn.BatchNorm2d(width)), ("relu", nn.ReLU())]
    body = row(_stem(channels, little), stages(partial(PreAct, deep=deep), 64, plan), ends)
    look = CIFAR if little else IMAGENET | PLAIN | {"crop": 0.875}
    net = Net(name, body, nn.Linear(width, classes or (10 if little else 1000)), width, {"size": px, **look}, channels)
    net.small = little
    return own(net, weights, classes)


def _stem(channels: int, little: bool) -> list[tuple[str, nn.Module]]:
    if little:
        return [("conv1", conv3(channels, 64))]
    conv = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
    return [("conv1", conv), ("bn1", nn.BatchNorm2d(64)), ("relu1", nn.ReLU()), ("pool1", nn.MaxPool2d(3, 2, 1))]
