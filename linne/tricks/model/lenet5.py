"""lenet5: 5 x 5 convolutions, learned averaging, a table of connections (LeCun et al. 1998, section II-B, LeNet-5)."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ._net import PLAIN, Net, own, side

SEEN = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5), (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5),
    (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5), (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip


def lenet5(classes: int | None, channels: int = 3, size: int = 0, *, weights: str | None = None) -> nn.Module:
    """LeNet-5 as printed: 60,000 weights and 340,908 connections for one channel, 10 classes and 32 px.

    size: 16 px or more, 32 by default. The output is linear instead of radial. weights: a file of its tensors; None
    draws them as the paper does, uniform within 2.4 over the fan-in. Raises OptionError for a size below 16.
    """
    px = side("lenet5", size, 32, 16)
    map_side = ((px - 4) // 2 - 4) // 2
    body = nn.Sequential(OrderedDict([
        ("c1", nn.Conv2d(channels, 6, 5)), ("a1", _Squash()), ("s2", _Average(6)), ("a2", _Squash()),
        ("c3", _Table()), ("a3", _Squash()), ("s4", _Average(16)), ("a4", _Squash()), ("flat", nn.Flatten()),
        ("c5", nn.Linear(16 * map_side**2, 120)), ("a5", _Squash()), ("f6", nn.Linear(120, 84)), ("a6", _Squash()),
    ]))  # fmt: skip
    for module in body:
        if isinstance(module, (nn.Conv2d, nn.Linear, _Table)) and module.bias is not None:
            _draw(module.weight, 100 if isinstance(module, _Table) else module.weight[0].numel())
            nn.init.zeros_(module.bias)
    half = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
    head = nn.Linear(84, classes or 10, bias=False)
    _draw(head.weight, 84)
    return own(Net("lenet5", body, head, 84, {"size": px, **half, **PLAIN}, channels), weights, classes)


def _draw(weight: Tensor, fan: int) -> None:
    nn.init.uniform_(weight, -2.4 / fan, 2.4 / fan)


class _Squash(nn.Module):
    """1.7159 tanh(2 a / 3), appendix A."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class _Average(nn.Module):
    """The sum of 2 x 2, times a weight a map, plus a bias a map; begins as the mean."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.full((maps, 1, 1), 0.25)), nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return 4 * F.avg_pool2d(x, 2) * self.weight + self.bias


class _Table(nn.Module):
    """C3: each of 16 maps sees 3, 4 or all 6 of the maps before it (table I); 60 kernels of 5 x 5 and 16 biases."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(60, 5, 5)), nn.Parameter(torch.empty(16))
        pairs = [(out, seen) for out, row in enumerate(SEEN) for seen in row]
        self.place: Tensor
        self.register_buffer("place", torch.tensor([out * 6 + seen for out, seen in pairs]), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        full = x.new_zeros(96, 5, 5).index_copy(0, self.place, self.weight.to(x.dtype))
        return F.conv2d(x, full.view(16, 6, 5, 5), self.bias.to(x.dtype))
