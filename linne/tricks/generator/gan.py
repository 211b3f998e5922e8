"""gan: a generator learns to draw what a critic cannot tell from the data (Goodfellow et al. 2014, arXiv:1406.2661)."""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...core.batch import Batch, Player, Step
from ...core.errors import OptionError
from ._draw import sampled


class gan:
    """Critic D and generator G step in turn, by class: D's score gains a product of label and features (projection,
    Miyato & Koyama 2018, arXiv:1802.05637), G's noise is joined by the label.

    objective "logistic": D lowers softplus(-D(x)) + softplus(D(G(z))), G softplus(-D(G(z))), which does not saturate.
    "hinge": D relu(1 - D(x)) + relu(1 + D(G(z))), G -D(G(z)) (Lim & Ye 2017, arXiv:1705.02894). D's loss has
    penalty / 2 |dD/dx|^2 on the data besides, with which the logistic one converges (Mescheder et al. 2018,
    arXiv:1801.04406, equation 9). An optimizer without momentum suits it: adam(betas=(0,.99)).

    noise: numbers that G draws from. width: channels at full size, doubled at each halving down to 4 to 7 px. every:
    critic steps for one of the generator. Raises OptionError for values outside.
    """

    def __init__(
        self, classes: int, channels: int, size: int, *, objective: str = "logistic", penalty: float = 1.0,
        noise: int = 64, width: int = 32, every: int = 1,
    ) -> None:  # fmt: skip
        if objective not in OBJECTIVES:
            raise OptionError(f"gan: objective is one of {', '.join(OBJECTIVES)}, got {objective!r}.")
        if penalty < 0 or min(noise, width, every) < 1:
            given = f"penalty={penalty}, noise={noise}, width={width}, every={every}"
            raise OptionError(f"gan: penalty is at least 0, noise, width and every at least 1; got {given}.")
        self.classes, self.noise, self.penalty = classes, noise, penalty
        self.against, self.for_it = OBJECTIVES[objective]
        self.generator = self.network = _Generator(classes, channels, size, noise, width)
        self.critic = _Critic(classes, channels, size, width)
        self.players = {"critic": Player(), "generator": Player(every=every)}

    def __call__(self, batch: Batch, player: str) -> Step:
        drawn = self.generator(batch.normal(self.noise, what=player), batch.targets)
        if player == "generator":
            return Step(self.for_it(self.critic(drawn, batch.targets)))
        real = batch.images.detach().requires_grad_(self.penalty > 0)
        true, false = self.critic(real, batch.targets), self.critic(drawn.detach(), batch.targets)
        return Step(self.against(true, false) + self._steepness(true, real))

    def _steepness(self, scores: Tensor, real: Tensor) -> Tensor:
        if not self.penalty:
            return torch.zeros_like(scores)
        (slope,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
        return self.penalty / 2 * slope.flatten(1).square().sum(1)

    def sample(self, classes: np.ndarray, rng: np.random.Generator) -> Tensor:
        """(n, C, size, size) pictures, normalised as the loop's are, of these classes (n,) int64; -1 is of no class."""
        return sampled(self.generator.eval(), classes, rng, self.noise, self.classes)


def _logistic(true: Tensor, false: Tensor) -> Tensor:
    return F.softplus(-true) + F.softplus(false)


def _hinge(true: Tensor, false: Tensor) -> Tensor:
    return F.relu(1 - true) + F.relu(1 + false)


OBJECTIVES = {"logistic": (_logistic, lambda false: F.softplus(-false)), "hinge": (_hinge, torch.neg)}
"""By name: a row's loss of the critic from its two scores, and of the generator from its one."""


def _widths(size: int, width: int) -> tuple[int, list[int]]:
    """The least side, halving evenly down to 4 px or more, and the channels at each size from the largest down."""
    widths = [width]
    while size % 2 == 0 and size >= 8:
        size, widths = size // 2, [*widths, widths[-1] * 2]
    return size, widths


class _Generator(nn.Module):
    """(B, noise) draws and (B, K) labels to pictures (B, C, size, size)."""

    def __init__(self, classes: int, channels: int, size: int, noise: int, width: int) -> None:
        super().__init__()
        self.least, widths = _widths(size, width)
        self.start = nn.Linear(noise + classes, widths[-1] * self.least**2)
        self.blocks = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(reversed(widths)))
        self.head = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, draws: Tensor, targets: Tensor) -> Tensor:
        x = self.start(torch.cat([draws, targets], 1)).unflatten(1, (-1, self.least, self.least))
        for block in self.blocks:
            x = block(F.interpolate(F.leaky_relu(x, 0.2), scale_factor=2.0))
        return self.head(F.leaky_relu(x, 0.2))


class _Critic(nn.Module):
    """Pictures (B, C, size, size) and labels (B, K) to scores (B,), higher is more like the data."""

    def __init__(self, classes: int, channels: int, size: int, width: int) -> None:
        super().__init__()
        least, widths = _widths(size, width)
        self.stem = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(widths))
        self.head = nn.Linear(widths[-1] * least**2, 1)
        self.label = nn.Linear(classes, widths[-1] * least**2, bias=False)

    def forward(self, x: Tensor, targets: Tensor) -> Tensor:
        x = F.leaky_relu(self.stem(x), 0.2)
        for block in self.blocks:
            x = F.leaky_relu(block(x), 0.2)
        x = x.flatten(1)
        return self.head(x).squeeze(1) + (self.label(targets) * x).sum(1) / x.shape[1] ** 0.5
