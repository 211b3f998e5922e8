"""supcon: pictures of one class are drawn together, then a head is fitted (Khosla et al. 2020, arXiv:2004.11362)."""

from typing import Any

import torch
from torch.nn import functional as F

from ...core.batch import Batch, Step, Stream
from ...core.errors import OptionError
from ._contrast import CHAIN, Projected, contrast, layers

against = {"mix": "a blend of two pictures is of no one class, as supcon needs it. Drop mix."}
ground = "trunk"


class supcon:
    """First everything but the head learns by equation 2 over two views and a projection of the features: of all
    other views in the batch those of its own class are to be near, by cosines over the temperature.

    The views are the run's own and one by the chain `view`. Then the head alone, drawn anew, learns from labels, and
    the projection is left behind. Plain cross-entropy is method supervised, full or tail: the run's comparison with the
    first classifier says which of them paid.

    temperature: T; the paper's code trains with 0.1. base: T_base, by which its code divides the loss (0.07), so that
    it becomes larger by T / base; 0 leaves it. out: numbers of the projection. share: the part of the run that
    the first stage takes. view: an augment chain. Raises OptionError for values outside, and where the head alone
    could learn.
    """

    scope = "batch"

    def __init__(
        self, model: Any, loss: Any, *, temperature: float = 0.1, base: float = 0.0, out: int = 128, share: float = 0.7,
        view: str = CHAIN,
    ) -> None:  # fmt: skip
        if not (temperature > 0 and base >= 0 and out >= 2):
            given = f"temperature={temperature}, base={base}, out={out}"
            raise OptionError(f"supcon takes temperature > 0, base >= 0 and out >= 2, got {given}.")
        self.network, self.loss, self.temperature, self.base = model, loss, temperature, base
        self.model = Projected("supcon", model, layers(model, out))
        self.stages = self.model.stages("supcon", share, "head")
        self.streams = {"train": Stream(views={"images": None, "second": view})}

    def __call__(self, batch: Batch) -> Step:
        if not self.model.warming:
            logits = self.model(batch.images)
            return Step(self.loss(logits, batch.targets, batch.rows), logits)
        seen = F.normalize(self.model.project(torch.cat([batch.images, batch.views["second"]])))
        views = torch.stack(seen.chunk(2), 1)
        labels = torch.where(batch.targets.amax(1) > 0, batch.targets.argmax(1), -1)
        views, labels = (self.loss.whole(part) for part in (views, labels))
        return Step(contrast(views, labels, self.temperature, self.base))
