"""deformable: convolutions that learn where to look (Dai et al. 2017, arXiv:1703.06211; Zhu et al. 2019)."""

from typing import Any

import torch
from torch import Tensor, nn

from ._net import done, places, put, some, spatial


def deformable(module: nn.Module, *, last: int = 3, modulated: bool = False) -> nn.Module:
    """The last convolutions over places look at places that another convolution finds; torchvision's operator.

    Offsets begin at 0, so results begin as the convolution's; all weights are kept under their names. last: so many
    convolutions, 3 as in the paper's networks, 0 for all. modulated: each place also gets a weight, 2 sigmoid(0) = 1 at
    first (version 2, arXiv:1811.11168; the usual plain sigmoid would begin at half the convolution). Returns the
    network, changed in place. Raises OptionError for a network without such convolutions.
    """
    net: Any = module
    found = places(net, lambda layer: type(layer) is nn.Conv2d and _fits(layer), last)
    some(net, "deformable", "convolution over places", found)
    for path, old in found:
        put(net, path, _Deformable(old, modulated))
    return done(net, "deformable", "convolution", found)


def _fits(conv: Any) -> bool:
    return spatial(conv) and conv.padding_mode == "zeros" and not isinstance(conv.padding, str)


class _Deformable(nn.Conv2d):
    """A convolution with one that finds its offsets: of y and x for each place of the kernel, and then weights."""

    def __init__(self, conv: Any, modulated: bool) -> None:
        shape = (conv.kernel_size, conv.stride, conv.padding, conv.dilation)
        super().__init__(conv.in_channels, conv.out_channels, *shape, groups=conv.groups, bias=conv.bias is not None)
        self.weight, self.bias = conv.weight, conv.bias
        self.count = conv.kernel_size[0] * conv.kernel_size[1]
        self.offset = nn.Conv2d(conv.in_channels, (3 if modulated else 2) * self.count, *shape)
        for parameter in self.offset.parameters():
            nn.init.zeros_(parameter)

    def forward(self, input: Tensor) -> Tensor:
        from torchvision.ops import deform_conv2d

        where = self.offset(input).to(self.weight.dtype)
        gate = 2 * torch.sigmoid(where[:, 2 * self.count :]) if where.shape[1] > 2 * self.count else None
        padding: Any = self.padding
        return deform_conv2d(
            input.to(self.weight.dtype), where[:, : 2 * self.count].contiguous(), self.weight, self.bias,
            (self.stride[0], self.stride[1]), padding, (self.dilation[0], self.dilation[1]), gate,
        ).to(input.dtype)  # fmt: skip
