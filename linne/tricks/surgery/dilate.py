"""dilate: convolutions that look further, with gaps between their weights (Yu and Koltun 2016, arXiv:1511.07122)."""

from typing import Any

from torch import nn

from ...core.errors import OptionError
from ._net import done, places, some, spatial


def dilate(module: nn.Module, *, rate: int = 2, last: int = 0) -> nn.Module:
    """The places that a convolution sees lie `rate` times as far apart; sides of maps and all weights stay.

    rate: 1 changes nothing. last: only so many convolutions, the last ones made; 0 for all of them. Kernels of even
    sides cannot keep the maps' and are left. Returns the network, changed in place. Raises OptionError for a rate
    below 1, or a network without such convolutions.
    """
    net: Any = module
    if rate < 1:
        raise OptionError(f"dilate: rate is at least 1, got {rate}.")
    found = places(net, lambda layer: spatial(layer) and all(side % 2 for side in layer.kernel_size), last)
    some(net, "dilate", "convolution of an odd number of places", found)
    for _, layer in found:
        _widen(layer, rate)
    return done(net, "dilate", "convolution", found)


def _widen(conv: Any, rate: int) -> None:
    before, conv.dilation = conv.dilation, tuple(rate * gap for gap in conv.dilation)
    if type(conv).__name__ == "Conv2dSame" or isinstance(conv.padding, str):
        return  # pads by itself
    more = [(new - was) * (k - 1) // 2 for new, was, k in zip(conv.dilation, before, conv.kernel_size, strict=True)]
    conv.padding = tuple(pad + one for pad, one in zip(conv.padding, more, strict=True))
    conv._reversed_padding_repeated_twice = [pad for pad in reversed(conv.padding) for _ in range(2)]
