"""byol: guess what one's own average makes of another view, then labels teach (Grill et al. 2020, arXiv:2006.07733)."""

from math import cos, pi
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._contrast import CHAIN, Warm, layers
from ._follower import Follower

against = {"mix": "it compares views of one picture, and a blend shows two. Drop mix."}
ground = "trunk"
pool = "may"
WIDER = 4
"""How many times as wide as the projection the hidden layers are, 16 in the paper."""


class byol(Warm):
    """A warm start by distillation from oneself, without labels and without other pictures to be told from.

    Everything but the head learns first: from the projection of one view a second small network guesses the average
    network's projection of the other; the loss is 2 - 2 cosine, both ways round (equations 2 and 3), and the average
    has no gradient. It moves before each step, t <- d t + (1 - d) own, d = 1 - (1 - decay)(cos(pi p) + 1) / 2, p the
    share of the warm start that is over. Then the head is drawn anew, the rest left behind, and labels teach.

    decay: d at first; the paper's 0.996 is for 300 epochs of a million pictures, a small run needs a faster one. out:
    numbers of the projection, 256 in the paper. share: the part of the run that the warm start takes. then: what labels
    teach: all, or the head alone. mu: pictures of the pool for each labelled one. view: augment chain of the second
    view; the first is the run's. Raises OptionError for values outside, and where the head alone could learn.
    """

    def __init__(
        self, model: Any, loss: Any, *, decay: float = 0.97, out: int = 128, share: float = 0.6, then: str = "all",
        mu: float = 3.0, view: str = CHAIN,
    ) -> None:  # fmt: skip
        if not (0 <= decay < 1 and out >= 2):
            raise OptionError(f"byol takes 0 <= decay < 1 and out from 2; got {decay} and {out}.")
        super().__init__("byol", model, loss, _Guessing(layers(model, out, WIDER * out, True), out),
                         share=share, then=then, mu=mu, view=view)  # fmt: skip
        self.decay, self.average = decay, Follower(self.model)
        self.state, self.load = self.average.state, self.average.load

    def __call__(self, batch: Batch, progress: float) -> Step:
        return self.step(batch, progress)

    def compared(self, one: Tensor, two: Tensor, batch: Batch, gone: float) -> Tensor:
        """(n,) the loss of each picture, of two views (n, ...)."""
        both = torch.cat([one, two])
        average = self.average.moved(batch, 1 - (1 - self.decay) * (cos(pi * gone) + 1) / 2)
        guess = self.model.projection.guess(self.model.project(both))  # type: ignore[operator]
        with torch.no_grad():
            aim = average.project(both)
        apart = 2 - 2 * F.cosine_similarity(guess, aim.roll(len(one), 0))
        return apart.view(2, -1).sum(0)


class _Guessing(nn.Module):
    """A projection, and behind it the network that guesses another's."""

    def __init__(self, projection: nn.Module, out: int) -> None:
        super().__init__()
        self.projection = projection
        self.guess = nn.Sequential(
            nn.Linear(out, WIDER * out), nn.BatchNorm1d(WIDER * out), nn.ReLU(), nn.Linear(WIDER * out, out)
        )  # fmt: skip

    def forward(self, features: Tensor) -> Tensor:
        """(B, width) to (B, out)."""
        return self.projection(features)
