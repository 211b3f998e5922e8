"""simclr: two views of one picture are drawn together, then labels teach (Chen et al. 2020, arXiv:2002.05709)."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._contrast import CHAIN, Warm, contrast, layers

against = {"mix": "it compares views of one picture, and a blend shows two. Drop mix."}
ground = "trunk"
pool = "may"


class simclr(Warm):
    """A warm start without labels, from the learning pictures and, where there is one, the pool.

    Everything but the head learns first by equation 1: of all views of a batch the other one of the same picture is to
    be the nearest, by cosines over the temperature of a projection of the features. Then the head is drawn anew, the
    projection left behind, and labels teach. Over several processes each compares the pictures of its own part.

    temperature: 0.5 in the paper for CIFAR-10, 0.1 for ImageNet. out: numbers of the projection. share: the part of the
    run that the warm start takes. then: what labels teach: all, or the head alone. mu: pictures of the pool for
    each labelled one. view: augment chain of the second view; the first is the run's. Raises OptionError for values
    outside, and where the head alone could learn.
    """

    def __init__(
        self, model: Any, loss: Any, *, temperature: float = 0.5, out: int = 128, share: float = 0.6, then: str = "all",
        mu: float = 3.0, view: str = CHAIN,
    ) -> None:  # fmt: skip
        if not (temperature > 0 and out >= 2):
            raise OptionError(f"simclr takes temperature > 0 and out >= 2, got {temperature} and {out}.")
        self.temperature = temperature
        super().__init__("simclr", model, loss, layers(model, out), share=share, then=then, mu=mu, view=view)

    def __call__(self, batch: Batch, progress: float) -> Step:
        return self.step(batch, progress)

    def compared(self, one: Tensor, two: Tensor, batch: Batch, gone: float) -> Tensor:
        """(n,) the loss of each picture, of two views (n, ...)."""
        seen = F.normalize(self.model.project(torch.cat([one, two])))
        return contrast(torch.stack(seen.chunk(2), 1), None, self.temperature)
