"""softmatch: every picture teaches, the surer the more (Chen et al. 2023, arXiv:2301.10921)."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import Batch, Step
from ._free import STRONG, Running, asked, mean, passed, streams

ground = "features"
pool = True
usual = {"features": {"rate": 2e-3}}


class softmatch:
    """fixmatch with a weight in the threshold's place: a Gaussian's below its mean, 1 above (equation 7).

    lambda(p) = exp(-(max p - m)^2 / (2 s^2)) where max p < m, else 1. m and s^2 are running means of the largest
    probabilities' mean and variance in weak views, 1 / K and 1 at first (equation 8). The probabilities that are
    weighed, not the guess, are aligned (section 3.3): multiplied by u / E, with u = 1 / K and E their running mean, and
    brought back to a sum of 1, so that classes which are rarely surely said still teach.

    narrow: divides s; 2 in the authors' code, 1 in the equation. decay: of the running
    means; the paper's 0.999 is for a million steps. mu: unlabelled pictures for each labelled one. weight: of what they
    teach. strong: augment chain of the strong view; the weak one is the run's. Raises OptionError for values outside.
    """

    scope = "batch"

    def __init__(
        self, model: Any, loss: Any, classes: int, *, narrow: float = 2.0, decay: float = 0.99,
        mu: float = 7.0, weight: float = 1.0, strong: str = STRONG,
    ) -> None:  # fmt: skip
        asked("softmatch", {"mu": mu, "weight": weight, "narrow": narrow}, {"decay": decay})
        self.model, self.loss, self.weight, self.narrow = model, loss, weight, narrow
        self.streams = streams(mu, strong)
        even = torch.full((classes,), 1 / classes)
        self.seen = Running(decay, mean=even[0], variance=torch.tensor(1.0), share=even)
        self.state, self.load = self.seen.state, self.seen.load

    def __call__(self, batch: Batch) -> Step:
        logits, weak, strong = passed(self.model, batch)
        q = weak.detach().softmax(1)
        weights = self.weights(q, batch)
        taught = self.weight * weights * F.cross_entropy(strong, q.argmax(1), reduction="none")
        loss = {"train": self.loss(logits, batch.targets, batch.rows), "unlabelled": taught}
        return Step(loss, logits, {"kept": float(weights.mean()), "mean": float(self.seen["mean"])})

    def weights(self, q: Tensor, batch: Batch) -> Tensor:
        """(n,) of probabilities (n, K), 0 to 1, after the running means have moved."""
        self.seen.move(batch, share=mean(self.loss, q)[0])
        q = q / self.seen["share"]
        q = q / q.sum(1, keepdim=True)
        sure = q.amax(1)
        centre, count = mean(self.loss, sure)
        spread, _ = mean(self.loss, (sure - centre).square())
        self.seen.move(batch, mean=centre, variance=spread * count / max(count - 1, 1))
        below = (sure - self.seen["mean"]).clamp(max=0) * self.narrow
        return (-below.square() / (2 * self.seen["variance"].clamp(min=1e-12))).exp()
