"""shortcut: what goes into a layer is added to what comes out (He et al. 2016, arXiv:1512.03385, equation 1)."""

from typing import Any

import torch
from torch import Tensor, nn

from ._branches import ends
from ._net import done, places, put, some, spatial


def shortcut(module: nn.Module, *, start: float = 0.0, last: int = 0) -> nn.Module:
    """conv(x) + s x around every convolution over places that keeps channels and sides, outside of residual blocks.

    s is one learned number a convolution and begins at `start`: 0 leaves the network's results exactly as they are (and
    s learns at once, its gradient is not 0), 1 is the paper's, which suits random weights. It spans one convolution, as
    the parametrisation of Zagoruyko and Komodakis 2017 (arXiv:1706.00388), since a module does not know what follows.
    last: only so many, 0 for all. All weights are kept under their names. Returns the network, changed in place. Raises
    OptionError for a network without such convolutions.
    """
    net: Any = module
    blocks = tuple(f"{end.block}." for end in ends(net))
    inside = {id(layer) for path, layer in places(net, _fits) if path.startswith(blocks)}
    found = places(net, lambda layer: _fits(layer) and id(layer) not in inside, last)
    some(net, "shortcut", "convolution outside of residual blocks that keeps channels and sides", found)
    for path, old in found:
        put(net, path, _Around(old, start))
    return done(net, "shortcut", "convolution", found)


def _fits(layer: Any) -> bool:
    if not spatial(layer) or layer.in_channels != layer.out_channels or layer.stride != (1, 1):
        return False
    if type(layer) is not nn.Conv2d or isinstance(layer.padding, str):
        return layer.padding == "same"
    keeps = zip(layer.padding, layer.dilation, layer.kernel_size, strict=True)
    return all(2 * pad == gap * (side - 1) for pad, gap, side in keeps)


class _Around(nn.Conv2d):
    """A convolution and its shortcut."""

    def __init__(self, conv: Any, start: float) -> None:
        shape = (conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation)
        super().__init__(*shape, conv.groups, conv.bias is not None, conv.padding_mode)
        self.weight, self.bias = conv.weight, conv.bias
        self.share = nn.Parameter(torch.tensor(float(start)))

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) + self.share * input
