"""lenet_improved: LeNet with batch norm everywhere, stride instead of pooling (machine52vision, Imporve-lenet 2019)."""

from collections import OrderedDict

from torch import nn

from ._net import PLAIN, Net, own, side


def lenet_improved(classes: int | None, channels: int = 3, size: int = 0, *, weights: str | None = None) -> nn.Module:
    """LeNet's 6 and 16 maps of 5 x 5, each with batch norm and stride 2, then two linear layers with 1-D batch norm.

    size: 13 px or more, 64 by default (338,088 weights and 10 classes' 850). weights: a file of its tensors; None
    leaves them as PyTorch draws them. Raises OptionError for a size below 13.
    """
    px = side("lenet_improved", size, 64, 13)
    map_side = ((px - 5) // 2 - 4) // 2 + 1
    body = nn.Sequential(OrderedDict([
        ("conv1", nn.Conv2d(channels, 6, 5, stride=2)), ("bn1", nn.BatchNorm2d(6)), ("relu1", nn.ReLU()),
        ("conv2", nn.Conv2d(6, 16, 5, stride=2)), ("bn2", nn.BatchNorm2d(16)), ("relu2", nn.ReLU()),
        ("flat", nn.Flatten()),
        ("fc1", nn.Linear(16 * map_side**2, 120)), ("bn3", nn.BatchNorm1d(120)), ("relu3", nn.ReLU()),
        ("fc2", nn.Linear(120, 84)), ("bn4", nn.BatchNorm1d(84)), ("relu4", nn.ReLU()),
    ]))  # fmt: skip
    half = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
    net = Net("lenet_improved", body, nn.Linear(84, classes or 10), 84, {"size": px, **half, **PLAIN}, channels)
    return own(net, weights, classes)
