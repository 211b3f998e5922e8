"""drop_block: squares of maps are 0 while a network learns (Ghiasi et al. 2018, arXiv:1810.12890, algorithm 1)."""

from collections import OrderedDict
from typing import Any

from torch import Tensor, nn

from ...core.errors import OptionError
from ._branches import spots
from ._net import done, put


def drop_block(module: nn.Module, *, rate: float = 0.1, block: int = 7, last: int = 0) -> nn.Module:
    """Behind every residual branch (without any, behind every convolution over places), torchvision's operator.

    rate: the share of a map that is 0, about; 0 leaves all as it is. block: the side of a square, odd; on smaller maps
    the largest odd side that fits. Each channel has its own squares, as section 3 finds best, where timm's version
    couples them. last: only so many places, 0 for all; the paper takes the last two stages. In evaluation nothing
    changes, and all weights are kept. Returns the network, changed in place. Raises OptionError unless 0 <= rate < 1
    and block is odd, or for a network without maps.
    """
    net: Any = module
    if not 0 <= rate < 1 or block < 1 or block % 2 == 0:
        raise OptionError(f"drop_block(rate={rate}, block={block}): rate is from 0 to below 1, block odd.")
    found = spots(net, "drop_block", last)
    for end in found:
        layer = net.get_submodule(end.path)
        put(net, end.path, nn.Sequential(OrderedDict([("layer", layer), ("drop", _Squares(rate, block))])))
    return done(net, "drop_block", "place", found)


class _Squares(nn.Module):
    def __init__(self, rate: float, block: int) -> None:
        super().__init__()
        self.rate, self.block = rate, block

    def forward(self, x: Tensor) -> Tensor:
        from torchvision.ops import drop_block2d

        side = min(self.block, *x.shape[-2:])
        return drop_block2d(x, self.rate, side - 1 + side % 2, training=self.training)

    def extra_repr(self) -> str:
        return f"{self.rate:g}, {self.block}"
