"""bn_inception: Inception v2 with batch norm after every convolution (Ioffe and Szegedy 2015, arXiv:1502.03167)."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from ._net import IMAGENET, PLAIN, Net, own, side

family = True
members = ("bn_inception", "inception_v2")
# 1 x 1, 3 x 3 (before, after), double 3 x 3 (before, after), pool's projection; 0 and stride 2 where the side halves
MIXES = {
    "3a": (64, 64, 64, 64, 96, 32), "3b": (64, 64, 96, 64, 96, 64), "3c": (0, 128, 160, 64, 96, 0),
    "4a": (224, 64, 96, 96, 128, 128), "4b": (192, 96, 128, 96, 128, 128), "4c": (160, 128, 160, 128, 160, 128),
    "4d": (96, 128, 192, 160, 192, 128), "4e": (0, 128, 192, 192, 256, 0),
    "5a": (352, 192, 320, 160, 224, 128), "5b": (352, 192, 320, 192, 224, 128),
}  # fmt: skip


def has(name: str) -> bool:
    """Whether this is one of its two usual names."""
    return name in members


def bn_inception(
    name: str = "bn_inception",
    classes: int | None = None,
    channels: int = 3,
    size: int = 0,
    *,
    weights: str | None = None,
) -> nn.Module:
    """Ten mixes of 1 x 1, 3 x 3, double 3 x 3 and pooled branches; 1,024 features.

    size: 32 px or more, 224 by default. weights: a file of its tensors; None draws them (Kaiming). Raises OptionError
    for a size below 32.
    """
    px = side(name, size, 224, 32)
    layers: list[tuple[str, nn.Module]] = [
        ("conv1", _conv(channels, 64, 7, 2)), ("pool1", nn.MaxPool2d(3, 2, 1)),
        ("conv2", nn.Sequential(_conv(64, 64, 1), _conv(64, 192, 3))), ("pool2", nn.MaxPool2d(3, 2, 1)),
    ]  # fmt: skip
    inside = 192
    for name, plan in MIXES.items():
        mix = _Mix(inside, *plan, most=name == "5b")
        layers.append((f"mix{name}", mix))
        inside = mix.width
    body = nn.Sequential(OrderedDict([*layers, ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten())]))
    look = {"size": px, **IMAGENET, **PLAIN, "crop": 0.875}
    return own(Net(name, body, nn.Linear(inside, classes or 1000), inside, look, channels), weights, classes)


def _conv(inside: int, out: int, kernel: int, stride: int = 1) -> nn.Module:
    conv = nn.Conv2d(inside, out, kernel, stride, kernel // 2)
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())


class _Mix(nn.Module):
    """Branches side by side (figure 5 of the paper); `most` pools by the maximum instead of the mean."""

    def __init__(self, inside: int, one: int, b3: int, c3: int, bd: int, cd: int, pool: int, *, most: bool) -> None:
        super().__init__()
        stride = 1 if one else 2
        double = [_conv(inside, bd, 1), _conv(bd, cd, 3), _conv(cd, cd, 3, stride)]
        single = nn.Sequential(_conv(inside, b3, 1), _conv(b3, c3, 3, stride))
        branches: list[nn.Module] = [single, nn.Sequential(*double)]
        if one:
            mean = nn.MaxPool2d(3, 1, 1) if most else nn.AvgPool2d(3, 1, 1)
            branches = [_conv(inside, one, 1), *branches, nn.Sequential(mean, _conv(inside, pool, 1))]
        else:
            branches.append(nn.MaxPool2d(3, 2, 1))
        self.branches = nn.ModuleList(branches)
        self.width = one + c3 + cd + (pool or inside)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)
