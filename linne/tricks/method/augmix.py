"""augmix: three views of a picture are to be called alike (Hendrycks et al. 2020, arXiv:1912.02781, equation 1)."""

from math import log
from typing import Any

import torch
from torch import Tensor

from ...core.batch import Batch, Step, Stream
from ...core.errors import OptionError

ASKED = 16
"""Steps in which labels and views are looked at: looking makes a GPU wait."""


class augmix:
    """To the loss of the run's own view it adds `weight` times the Jensen-Shannon divergence of its and two more views.

    JS(p; p1; p2) = (KL(p|m) + KL(p1|m) + KL(p2|m)) / 3 in nats, m their mean: 0 where all three say the same, log 3 at
    most. Gradients go through all three, which pass the network together, as in the authors' code; that one clamps m to
    1e-7 or more, here logarithms are never of 0.

    weight: 12 in the paper. view: augment chain of the two, each with draws of its own; the trick `augmix` makes such
    pictures. Labels count for the first view alone, so a mix that blends them in the run would compare a blend with its
    parts. Raises OptionError for a weight that is not above 0, for blended labels, and where both views are the same.
    """

    def __init__(self, model: Any, loss: Any, *, weight: float = 12.0, view: str = "flip,augmix") -> None:
        if not weight > 0:
            raise OptionError(f"augmix: weight is above 0, got {weight}. Take the method supervised for none.")
        self.model, self.loss, self.weight = model, loss, weight
        self.streams = {"train": Stream(views={"images": None, "one": view, "two": view})}

    def __call__(self, batch: Batch) -> Step:
        if batch.step < ASKED:
            self._look(batch)
        views = [batch.images, batch.views["one"], batch.views["two"]]
        logits = self.model(torch.cat(views)).chunk(3)
        apart = _divergence(torch.stack(logits).float())
        loss = self.loss(logits[0], batch.targets, batch.rows) + self.weight * apart
        told: Any = {"divergence": apart.detach().mean()}
        return Step(loss, logits[0], told)

    def _look(self, batch: Batch) -> None:
        if bool(((batch.targets > 0).sum(1) > 1).any()):
            raise OptionError("augmix: the run's mix blends labels, and views would not be. Drop the mix.")
        if torch.equal(batch.views["one"], batch.views["two"]):
            raise OptionError(
                "augmix: both views show the same pictures, and nothing would be compared. Give another view, or "
                "pictures from a feed that makes views by their chains."
            )


def _divergence(logits: Tensor) -> Tensor:
    """(B,) Jensen-Shannon divergence in nats of V views' logits (V, B, K)."""
    sure = logits.log_softmax(2)
    mean = sure.logsumexp(0) - log(len(logits))
    return (sure.exp() * (sure - mean)).sum(2).mean(0)
