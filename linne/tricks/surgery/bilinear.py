"""bilinear: features are products of every two maps, for what looks alike (Lin et al. 2015, arXiv:1504.07889)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError
from ._net import done
from ._pools import last_pool, outputs, widen

EPS = 1e-5


def bilinear(module: nn.Module, *, maps: int = 64, sketch: int = 0) -> nn.Module:
    """The global pool that ends the body gives the mean over places of x x^T, by signed roots, at length 1.

    maps: a convolution of 1 x 1 brings the channels down to so many first (64: 4,096 features), 0 takes them all.
    sketch: compact instead, so many features whose inner products are those of x x^T on average (Gao et al. 2016,
    arXiv:1511.06062, algorithm 2, tensor sketch), 0 for all. The root's slope, infinite at 0, is bounded by
    dividing by sqrt(|y| + 1e-5). The convolution and a linear head begin new: give it a rate of its own, or train it
    first (as the authors do). Returns the network, changed in place. Raises OptionError for maps or a sketch below 0,
    or a network that does not end in a global pool right before its head.
    """
    net: Any = module
    if maps < 0 or sketch < 0:
        raise OptionError(f"bilinear(maps={maps}, sketch={sketch}): 0 or more.")
    call, dims, keep = last_pool(net, "bilinear", "bilinear")
    if dims != (2, 3):
        raise OptionError(f"surgery 'bilinear': {net.name} pools over {dims}, not over maps (B, C, H, W).")
    fresh = _Bilinear(int(call.args[0].shape[1]), maps, sketch, keep)
    head = nn.Linear(fresh.width, outputs(net, "bilinear"))
    widen(net, "bilinear", call, fresh, fresh.width, head)
    return done(net, "bilinear", "pool", [call], ["the head begins new"])


class _Bilinear(nn.Module):
    def __init__(self, channels: int, maps: int, sketch: int, keep: bool) -> None:
        super().__init__()
        self.pools, self.sketch, self.keep = "bilinear", sketch, keep
        self.reduce = nn.Conv2d(channels, maps, 1) if maps else nn.Identity()
        inside = maps or channels
        self.width = sketch or inside**2
        if sketch:
            for name in ("first", "second"):
                table = torch.zeros(inside, sketch)
                signs = torch.randint(2, (inside,)) * 2.0 - 1
                table[torch.arange(inside), torch.randint(sketch, (inside,))] = signs
                self.register_buffer(name, table)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x).flatten(2)
        y = self._compact(x) if self.sketch else (x @ x.transpose(1, 2) / x.shape[2]).flatten(1)
        y = F.normalize(y * (y.abs() + EPS).rsqrt())
        return y[:, :, None, None] if self.keep else y

    def _compact(self, x: Tensor) -> Tensor:
        """(B, sketch) the mean over places of the circular convolution of two count sketches."""
        one, two = (torch.fft.rfft(x.transpose(1, 2) @ self.get_buffer(name)) for name in ("first", "second"))
        return torch.fft.irfft(one * two, self.sketch).mean(1)
