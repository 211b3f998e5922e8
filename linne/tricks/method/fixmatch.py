"""fixmatch: pictures without labels teach what the network is sure of (Sohn et al. 2020, arXiv:2001.07685)."""

from typing import Any

from torch.nn import functional as F

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._free import STRONG, passed, streams

ground = "features"
pool = True
usual = {"loss": "cross_entropy"}
"""A smoothed label keeps what is sure below the threshold."""

pool = True
usual = {"loss": "cross_entropy"}
"""A smoothed label keeps what is sure below the threshold."""


class fixmatch:
    """The class of a weakly changed picture, where its probability reaches `threshold`, is the strong one's label.

    To the labelled loss it adds `weight` times the mean over all unlabelled pictures of 1(max q >= threshold)
    cross-entropy(strong, argmax q), q from the weak view without gradient (equation 4). All go through the network at
    once, so that batch norms see them together, as in the authors' code.

    mu: unlabelled pictures for each labelled one. strong: augment chain of the strong view; the weak one is the run's.
    Raises OptionError unless 0 < threshold < 1, mu > 0 and weight > 0.
    """

    def __init__(
        self, model: Any, loss: Any, *, threshold: float = 0.95, mu: float = 7.0, weight: float = 1.0,
        strong: str = STRONG,
    ) -> None:  # fmt: skip
        if not (0 < threshold < 1 and mu > 0 and weight > 0):
            given = f"threshold={threshold}, mu={mu}, weight={weight}"
            raise OptionError(f"fixmatch takes 0 < threshold < 1, mu > 0 and weight > 0, got {given}.")
        self.model, self.loss, self.threshold, self.weight = model, loss, threshold, weight
        self.streams = streams(mu, strong)

    def __call__(self, batch: Batch) -> Step:
        logits, weak, strong = passed(self.model, batch)
        sure, guess = weak.detach().softmax(1).max(1)
        kept = (sure >= self.threshold).float()
        taught = self.weight * kept * F.cross_entropy(strong, guess, reduction="none")
        loss = {"train": self.loss(logits, batch.targets, batch.rows), "unlabelled": taught}
        return Step(loss, logits, {"kept": float(kept.mean())})
