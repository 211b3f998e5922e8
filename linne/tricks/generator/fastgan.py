"""fastgan: a generator for few pictures, its critic an auto-encoder as well (Liu et al. 2021, arXiv:2101.04775)."""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...core.batch import Batch, Player, Step
from ...core.errors import OptionError
from . import _vary
from ._draw import sampled
from ._layers import Down, Excite, Gated, apart, corner, decoder, halvings, unit
from ._vary import NUMBERS, WAYS, uniform

LAZY = 16
"""Steps from one penalty to the next, which then weighs as much more (Karras et al. 2020, arXiv:1912.04958)."""
WIDEST = 16
"""Channels at the least side, at most, as a multiple of those at full size."""


class fastgan:
    """Critic D and generator G step in turn, by class: gated blocks double the side, skip-layer excitation gates large
    ones by small ones, and D's features must give its real pictures back, so that it looks at all of them.

    D lowers softplus(-D(x)) + softplus(D(G(z))) + encode R(x), G softplus(-D(G(z))). R is the mean squared error, in
    pixels, of the picture at half its side decoded from D's least features, and of a random quarter of it, whole,
    decoded from that part of the features before; the paper takes a perceptual distance. Every 16 steps D pays 16
    penalty / 2 |dD/dx|^2 on the data too (R1, as in gan), where the paper has a hinge and no penalty, which learned
    slower here (bench/LOG.md).

    What D sees, real or drawn, is varied first (Zhao et al. 2020, arXiv:2006.10738). vary: any of colour, translation
    and cutout, with + between; "" is none. noise: numbers that G draws from. width: channels at full size, doubled at
    each halving. encode, penalty: weights, 0 is none. An optimizer without momentum suits it: adam(betas=(0,.99)).
    Sides are 16 to 128 px, 4 to 7 doubled again and again. Raises OptionError for values outside.
    """

    def __init__(
        self, classes: int, channels: int, size: int, *, noise: int = 64, width: int = 16,
        vary: str = "colour+translation+cutout", encode: float = 1.0, penalty: float = 1.0,
    ) -> None:  # fmt: skip
        if min(noise, width) < 1 or min(encode, penalty) < 0:
            given = f"noise={noise}, width={width}, encode={encode}, penalty={penalty}"
            raise OptionError(f"fastgan: noise and width are at least 1, encode and penalty at least 0; got {given}.")
        self.ways = tuple(vary.split("+")) if vary else ()
        if set(self.ways) - set(WAYS) or len(set(self.ways)) < len(self.ways):
            raise OptionError(f"fastgan: vary is any of {', '.join(WAYS)}, each once, with + between; got {vary!r}.")
        widths = [width * min(2**k, WIDEST) for k in range(halvings(size) + 1)]
        self.classes, self.noise, self.encode, self.penalty = classes, noise, encode, penalty
        self.generator = self.network = _Generator(classes, channels, size, noise, widths)
        self.critic = _Critic(classes, channels, size, widths)
        self.players = {"critic": Player(), "generator": Player()}

    def __call__(self, batch: Batch, player: str) -> Step:
        drawn = self.generator(batch.normal(self.noise, what=player), batch.targets)
        if player == "generator":
            return Step(F.softplus(-self.critic(self._seen(drawn, batch, "own"), batch.targets)[0]))
        due = self.penalty > 0 and batch.step % LAZY == 0
        real = self._seen(batch.images, batch, "real").detach().requires_grad_(due)
        true, wide, deep = self.critic(real, batch.targets)
        false = self.critic(self._seen(drawn.detach(), batch, "drawn"), batch.targets)[0]
        loss = F.softplus(-true) + F.softplus(false)
        if self.encode:
            corners = (uniform(batch.normal(2, what="quarter")) * 2).long().clamp(max=1)
            loss = loss + self.encode * self.critic.lost(real.detach(), wide, deep, corners)
        if due:
            (slope,) = torch.autograd.grad(true.sum(), real, create_graph=True)
            loss = loss + LAZY * self.penalty / 2 * slope.flatten(1).square().sum(1)
        return Step(loss)

    def _seen(self, x: Tensor, batch: Batch, what: str) -> Tensor:
        """Pictures as the critic sees them."""
        return _vary.vary(x, uniform(batch.normal(NUMBERS, what=f"vary {what}")), self.ways) if self.ways else x

    def sample(self, classes: np.ndarray, rng: np.random.Generator) -> Tensor:
        """(n, C, size, size) pictures in -1..1, of these classes (n,) int64; -1 is of no class."""
        return sampled(self.generator, classes, rng, self.noise, self.classes)


class _Generator(nn.Module):
    """(B, noise) draws and (B, K) labels to pictures (B, C, size, size) in -1..1. widths: from full size down."""

    def __init__(self, classes: int, channels: int, size: int, noise: int, widths: list[int]) -> None:
        super().__init__()
        up = widths[::-1]
        self.least, self.classes = size // 2 ** (len(widths) - 1), classes
        self.start = nn.Linear(noise + classes, 2 * up[0] * self.least**2)
        self.blocks = nn.ModuleList(Gated(a, b, classes) for a, b in pairwise(up))
        self.skips = nn.ModuleList(Excite(a, b) for a, b in zip(up, up[2:], strict=False))
        self.head = nn.Conv2d(up[-1], channels, 3, padding=1)

    def forward(self, draws: Tensor, targets: Tensor) -> Tensor:
        x = self.start(torch.cat([draws, targets * self.classes**0.5], 1))
        seen = [F.glu(unit(x.unflatten(1, (-1, self.least, self.least))), 1)]
        for at, block in enumerate(self.blocks):
            x = block(seen[-1], targets)
            seen.append(self.skips[at - 1](seen[at - 1], x) if at else x)
        return torch.tanh(self.head(seen[-1]))


class _Critic(nn.Module):
    """Pictures (B, C, size, size) and labels (B, K) to scores (B,), higher is more like the data, and the features at
    twice the least side and at the least. A label's own score of the mean features is added (Miyato & Koyama 2018)."""

    def __init__(self, classes: int, channels: int, size: int, widths: list[int]) -> None:
        super().__init__()
        top, self.least = widths[-1], size // 2 ** (len(widths) - 1)
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(Down(a, b) for a, b in pairwise(widths))
        self.last = nn.Conv2d(top, top, 3, padding=1)
        self.head = nn.Linear(top * self.least**2, 1)
        self.label = nn.Linear(classes, top, bias=False)
        self.whole = decoder(top, channels, widths[:-1])
        self.part = decoder(widths[-2], channels, widths[:-1])

    def forward(self, x: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = wide = F.leaky_relu(self.stem(x), 0.2)
        for block in self.blocks:
            wide, x = x, block(x)
        y = F.leaky_relu(self.last(x), 0.2)
        own = (self.label(targets) * y.mean((2, 3))).sum(1)
        return self.head(y.flatten(1)).squeeze(1) + own, wide, x

    def lost(self, real: Tensor, wide: Tensor, deep: Tensor, corners: Tensor) -> Tensor:
        """(B,) what decoding gives back wrongly. corners: (B, 2) 0 or 1, which quarter of each picture."""
        quarter = corner(real, corners)
        return apart(self.whole(deep), F.avg_pool2d(real, 2)) + apart(self.part(corner(wide, corners)), quarter)
