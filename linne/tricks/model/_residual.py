"""What the residual networks for small pictures share: blocks, a row of stages, CIFAR's preprocessing."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ._net import PLAIN

CIFAR = {"mean": (0.4914, 0.4822, 0.4465), "std": (0.2470, 0.2435, 0.2616), **PLAIN}


def conv3(inside: int, out: int, stride: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the side (or halves it), without bias."""
    return nn.Conv2d(inside, out, 3, stride, 1, bias=False)


def conv1(inside: int, out: int, stride: int = 1) -> nn.Conv2d:
    """A 1 x 1 convolution without bias."""
    return nn.Conv2d(inside, out, 1, stride, bias=False)


def row(stem: list[tuple[str, nn.Module]], stages: list[nn.Module], last: list[tuple[str, nn.Module]]) -> nn.Module:
    """stem, layer1, layer2, ..., last, global average, (B, width)."""
    named = [(f"layer{number}", stage) for number, stage in enumerate(stages, 1)]
    body = nn.Sequential(OrderedDict([*stem, *named, *last, ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten())]))
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return body


class Padded(nn.Module):
    """x, every `stride`-th place of it, with zero maps after its own, up to `channels`: the shortcut without weights
    (He et al. 2016, option A)."""

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: Tensor) -> Tensor:
        kept = x[:, :, :: self.stride, :: self.stride] if self.stride > 1 else x
        return F.pad(kept, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


class PreAct(nn.Module):
    """A pre-activation block (He et al. 2016, arXiv:1603.05027, figure 4e): norm and ReLU before each convolution.

    convs: makes the 3 x 3 pair, or with `deep` the 1 x 1, 3 x 3, 1 x 1 triple whose output is 4 times as wide. dropout:
    the share dropped before the second convolution (Zagoruyko and Komodakis 2016).
    """

    def __init__(self, inside: int, out: int, stride: int, deep: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        wide = out * 4 if deep else out
        convs = [conv1(inside, out), conv3(out, out, stride), conv1(out, wide)] if deep else [
            conv3(inside, out, stride), conv3(out, out)]  # fmt: skip
        self.norms = nn.ModuleList(nn.BatchNorm2d(conv.in_channels) for conv in convs)
        self.convs = nn.ModuleList(convs)
        self.acts = nn.ModuleList(nn.ReLU() for _ in convs)
        self.dropout = nn.Dropout(dropout)
        self.shortcut = conv1(inside, wide, stride) if stride > 1 or inside != wide else None
        self.width = wide

    def forward(self, x: Tensor) -> Tensor:
        y = self.acts[0](self.norms[0](x))
        kept = x if self.shortcut is None else self.shortcut(y)
        y = self.convs[0](y)
        for norm, act, conv in zip(self.norms[1:], self.acts[1:], self.convs[1:], strict=True):
            y = conv(self.dropout(act(norm(y))))
        return y + kept


def stages(make: Callable[[int, int, int], Any], inside: int, plan: list[tuple[int, int, int]]) -> list[nn.Module]:
    """A Sequential for each (width, blocks, stride) of the plan; `make(inside, width, stride)` has `.width`."""
    found = []
    for width, count, stride in plan:
        blocks = []
        for number in range(count):
            blocks.append(make(inside, width, stride if number == 0 else 1))
            inside = blocks[-1].width
        found.append(nn.Sequential(*blocks))
    return found
