"""Attention over maps that begins as nothing: gates of 2 sigmoid(0) = 1, from timm's parts where it has them."""

from typing import Any

import torch
from torch import Tensor, nn


class Twice(nn.Module):
    """2 sigmoid(x): a gate that can open both ways, 1 at 0 (the gain of 2 of Brock et al. 2021, arXiv:2102.06171)."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * torch.sigmoid(x)


class Scse(nn.Module):
    """x times a gate a channel plus x times a gate a place (Roy et al. 2018, arXiv:1803.02579, equation 3)."""

    def __init__(self, channels: int, middle: int) -> None:
        super().__init__()
        self.squeeze, self.excite = nn.Conv2d(channels, middle, 1), nn.Conv2d(middle, channels, 1)
        self.place = nn.Conv2d(channels, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        channel = self.excite(torch.relu(self.squeeze(x.mean((2, 3), keepdim=True))))
        return x * channel.sigmoid() + x * self.place(x).sigmoid()


def gate(kind: str, channels: int, middle: int, identity: bool) -> nn.Module:
    """One of se, eca, cbam, scse, nonlocal, coordinate for maps of so many channels, `middle` inside."""
    from timm.layers.cbam import CbamModule
    from timm.layers.coord_attn import CoordAttn
    from timm.layers.eca import EcaModule
    from timm.layers.non_local_attn import NonLocalAttn
    from timm.layers.squeeze_excite import SEModule

    made: Any
    function: Any = Twice if identity else "sigmoid"
    if kind == "scse":
        made = Scse(channels, middle)
    elif kind == "eca":
        made = EcaModule(channels, gate_layer=function)
    elif kind == "nonlocal":
        made = NonLocalAttn(channels, rd_channels=middle)
    else:
        parts = {"se": SEModule, "cbam": CbamModule, "coordinate": CoordAttn}
        made = parts[kind](channels, rd_channels=middle, gate_layer=function)
    if identity:
        _close(kind, made)
    return made


def _close(kind: str, made: Any) -> None:
    """The last layer of every gate to 0; in CBAM's place gate and the non-local block that is a norm's scale."""
    last = {
        "se": lambda: [made.fc2],
        "eca": lambda: [made.conv],
        "cbam": lambda: [made.channel.fc2, made.spatial.conv.bn],
        "scse": lambda: [made.excite, made.place],
        "nonlocal": lambda: [made.norm],
        "coordinate": lambda: [made.conv_h, made.conv_w],
    }[kind]()
    for layer in last:
        for parameter in layer.parameters():
            nn.init.zeros_(parameter)
