"""What methods for positives and a pool share: scores of both streams, who stands for a class, and what is refused.

The last class is "none of these"; f, a row's score for each of the others, is its logit above that one's, so that
sigmoid(f) is the probability of one class against the rest. Each class is a problem of its own: its positives, the
whole pool, its prior; a pool's picture counts in all of them.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import Batch, Step, Stream
from ...core.errors import OptionError

SHARE = 2.0
"""Pictures of the pool in a step, for each positive one."""
MIX = "rows without a label have none that could be blended with another's. Drop mix."
BASES: dict[str, Callable[[Tensor], Tensor]] = {
    "logistic": lambda z: F.softplus(-z),
    "sigmoid": lambda z: torch.sigmoid(-z),
    "double_hinge": lambda z: torch.maximum(-z, ((1 - z) / 2).clamp(min=0)),
}
"""l(z), what a margin z costs; l(z) - l(-z) = -z in the first and the last, whose risk is therefore convex."""


class Positive:
    """model: pictures to logits (B, K + 1). prior: (K,), each class's share of the pool.

    Raises OptionError for priors that are not between 0 and 1 or are not K.
    """

    scope = "batch"

    def __init__(self, model: Any, loss: Any, classes: int, prior: Any) -> None:
        self.model, self.loss, self.classes = model, loss, classes
        self.prior = torch.as_tensor(prior, dtype=torch.float32).reshape(-1)
        if len(self.prior) != classes - 1 or not bool(((self.prior > 0) & (self.prior < 1)).all()):
            raise OptionError(f"prior: {classes - 1} shares of the pool between 0 and 1, got {self.prior.tolist()}.")
        self.streams = {"train": Stream(), "unlabelled": Stream("unlabelled", share=SHARE)}

    def seen(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """(f (n, K) of positives, f (m, K) of the pool, logits (n, K + 1)); all go through the network at once."""
        free = batch["unlabelled"]
        logits = self.model(torch.cat([batch.images, free.images])).float()
        self.prior = self.prior.to(logits.device)
        own, rest = scores(logits).split([len(batch), len(free)])
        return own, rest, logits[: len(batch)]

    def step(self, own: Tensor, free: Tensor, logits: Tensor, **log: float) -> Step:
        """A Step of losses of each positive (n,) and each of the pool (m,)."""
        return Step({"train": own, "unlabelled": free}, logits, log)


def scores(logits: Tensor) -> Tensor:
    """(B, K) f of logits (B, K + 1)."""
    return logits[:, :-1] - logits[:, -1:]


def stands(targets: Tensor) -> Tensor:
    """(n, K) of targets (n, K + 1): n / max(1, n_k) where a row is of class k, else 0; so that a mean over rows is one
    over a class's, and 0 for a class that the batch does not show."""
    held = targets[:, :-1]
    return held * (len(targets) / held.sum(0).clamp(min=1))


def base_of(name: str, who: str) -> Callable[[Tensor], Tensor]:
    """The loss of this name. Raises OptionError for another."""
    if name not in BASES:
        raise OptionError(f"{who}: base is one of {', '.join(BASES)}, got {name!r}.")
    return BASES[name]
