"""What generators' networks are made of: sides that halve evenly, gated blocks that double them, excitation, norms."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...core.errors import OptionError

LEAST = (4, 5, 6, 7)
"""Pixels of the side that drawing begins with."""
SIDES = tuple(sorted(least * 2**k for k in range(2, 6) for least in LEAST if 16 <= least * 2**k <= 128))
"""Sides that such a network draws: 4 to 7 px, doubled."""


def halvings(size: int) -> int:
    """How often a side halves evenly down to 4 to 7 px. Raises OptionError for a side that is not one of SIDES."""
    if size not in SIDES:
        near = sorted(sorted(SIDES, key=lambda side: abs(side - size))[:2])
        raise OptionError(
            f"A side of {size} px cannot be drawn. It is 4 to 7 px doubled again and again, from 16 to 128: "
            f"{', '.join(map(str, SIDES))}. The nearest are {near[0]} and {near[1]}."
        )
    return next(k for k in range(2, 6) if size % 2**k == 0 and size // 2**k in LEAST)


class Gated(nn.Module):
    """(B, a, S, S) to (B, b, 2S, 2S): doubled, a convolution, a norm, half of the channels gating the other half (GLU).

    The norm is each place's length over its channels, which knows nothing of other rows (Karras et al. 2018,
    arXiv:1710.10196, section 4.2); the label scales and moves what it leaves.
    """

    def __init__(self, a: int, b: int, classes: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(a, 2 * b, 3, padding=1)
        self.label = nn.Linear(classes, 4 * b, bias=False) if classes else None
        if self.label is not None:
            nn.init.zeros_(self.label.weight)

    def forward(self, x: Tensor, targets: "Tensor | None" = None) -> Tensor:
        x = unit(self.conv(F.interpolate(x, scale_factor=2.0)))
        if self.label is not None and targets is not None:
            scale, move = self.label(targets)[:, :, None, None].chunk(2, 1)
            x = x * (1 + scale) + move
        return F.glu(x, 1)


class Excite(nn.Module):
    """Skip-layer excitation (Liu et al. 2021, arXiv:2101.04775, equation 1): y = F(x_low) x_high, channel by channel.

    F: mean over 4 x 4 cells, a convolution of these to one number, another, and a sigmoid: (B, a, s, s) gates (B, b, S,
    S) whatever the sides.
    """

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.squeeze, self.gate = nn.Conv2d(a, b, 4), nn.Conv2d(b, b, 1)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        return high * torch.sigmoid(self.gate(F.silu(self.squeeze(F.adaptive_avg_pool2d(low, 4)))))


class Down(nn.Module):
    """(B, a, S, S) to (B, b, S/2, S/2): the mean of a strided convolution's way and an averaged one's."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.strided, self.plain = nn.Conv2d(a, b, 4, 2, 1), nn.Conv2d(a, b, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu((self.strided(x) + self.plain(F.avg_pool2d(x, 2))) / 2**0.5, 0.2)


def unit(x: Tensor) -> Tensor:
    """(B, C, ...): each place divided by the root of its mean square over channels."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


def decoder(a: int, channels: int, widths: list[int]) -> nn.Module:
    """(B, a, s, s) features to pictures (B, channels, S, S) in -1..1, doubled once for each width but the first; the
    widths run from full size down."""
    steps = [Gated(x, y) for x, y in pairwise([a, *widths[-2::-1]])]
    return nn.Sequential(*steps, nn.Conv2d(widths[0], channels, 3, padding=1), nn.Tanh())


def corner(x: Tensor, corners: Tensor) -> Tensor:
    """(B, C, S/2, S/2): of each of x (B, C, S, S) the quarter that corners (B, 2) names, 0 or 1 down and right."""
    half = x.shape[2] // 2
    places = torch.arange(half, device=x.device)
    ys, xs = (corners[:, k, None] * half + places for k in (0, 1))
    row = torch.arange(len(x), device=x.device)[:, None, None]
    return x.permute(0, 2, 3, 1)[row, ys[:, :, None], xs[:, None, :]].permute(0, 3, 1, 2)


def apart(one: Tensor, two: Tensor) -> Tensor:
    """(B,) mean squared difference of pictures."""
    return (one - two).square().mean((1, 2, 3))
