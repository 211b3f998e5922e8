"""inception: a convolution becomes branches of several sizes side by side (Szegedy et al. 2015, arXiv:1409.4842)."""

from typing import Any

import torch
from torch import Tensor, nn

from ._net import done, places, put, some, spatial

LEAST = 8


def inception(module: nn.Module, *, last: int = 0) -> nn.Module:
    """Each convolution over places gives half of its channels; a quarter comes of 1 x 1, an eighth each of a larger
    kernel (two places more each way, behind 1 x 1 and ReLU) and of a 3 x 3 maximum with 1 x 1: shares of figure 2 (b).

    The half is the first filters, with their weights as they were; the others begin new (PyTorch's own draws), and
    `surgery_notes` says how many. last: only so many convolutions, 0 for all; the first of the network is left. Taken
    are those with odd square kernels that keep the side up to the stride, with 8 channels or more. Returns the network,
    changed in place. Raises OptionError for one without such convolutions.
    """
    net: Any = module
    first = next((path for path, _ in places(net, lambda layer: isinstance(layer, nn.Conv2d))), "")
    found = [(path, old) for path, old in places(net, _fits, last) if path != first]
    some(net, "inception", "convolution behind the first that is odd, square, and keeps the side", found)
    notes = []
    for path, old in found:
        put(net, path, _Branches(old))
        notes.append(f"{path} has {old.out_channels - old.out_channels // 2} new of {old.out_channels} channels")
    return done(net, "inception", "convolution", found, notes)


def _fits(layer: Any) -> bool:
    if not (spatial(layer) and type(layer) is nn.Conv2d and layer.groups == 1 and layer.dilation == (1, 1)):
        return False
    side = layer.kernel_size[0]
    return layer.kernel_size == (side, side) and side % 2 == 1 and layer.padding == (side // 2,) * 2 and (
        layer.out_channels >= LEAST and layer.padding_mode == "zeros")  # fmt: skip


class _Branches(nn.Module):
    def __init__(self, conv: Any) -> None:
        super().__init__()
        inside, out, side, stride, bias = (
            conv.in_channels, conv.out_channels, conv.kernel_size[0], conv.stride, conv.bias is not None,
        )  # fmt: skip
        half, eighth = out // 2, out // 8
        middle = max(1, out // 16)
        self.own = nn.Conv2d(inside, half, side, stride, side // 2, bias=bias)
        with torch.no_grad():
            self.own.weight.copy_(conv.weight[:half])
            if self.own.bias is not None:
                self.own.bias.copy_(conv.bias[:half])
        self.one = nn.Conv2d(inside, out - half - 2 * eighth, 1, stride, bias=bias)
        wide = nn.Conv2d(middle, eighth, side + 2, stride, side // 2 + 1, bias=bias)
        self.wide = nn.Sequential(nn.Conv2d(inside, middle, 1), nn.ReLU(), wide)
        self.most = nn.Sequential(nn.MaxPool2d(3, stride, 1), nn.Conv2d(inside, eighth, 1, bias=bias))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.own(x), self.one(x), self.wide(x), self.most(x)], 1)
