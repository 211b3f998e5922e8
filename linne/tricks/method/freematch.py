"""freematch: thresholds that follow what the network is sure of (Wang et al. 2023, arXiv:2205.07246)."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import Batch, Step
from ._free import STRONG, Running, asked, mean, passed, streams

ground = "features"
pool = True
usual = {"features": {"rate": 2e-3}}


class freematch:
    """fixmatch with a threshold for each class that no one sets: tau(c) = p(c) / max p * tau.

    tau is a running mean of the largest probability in weak views and p of the probabilities, both 1 / K at first
    (equations 5 to 8); a picture teaches its class c where its largest probability exceeds tau(c). `fairness` times a
    last term keeps the classes apart (equations 11 and 12): the cross-entropy of the strong views' mean probabilities,
    each class's divided by how often it is guessed, beside the same of p; it is to be large. Classes that no strong
    view of the batch is guessed to be are left out of it, as they have no share to divide by.

    decay: of the running means; the paper's 0.999 is for a million steps, a laptop takes hundreds. mu: unlabelled
    pictures for each labelled one. weight: of what they teach. fairness: 0 is none. strong: augment chain of the strong
    view; the weak one is the run's. Raises OptionError for values outside.
    """

    scope = "batch"

    def __init__(
        self, model: Any, loss: Any, classes: int, *, decay: float = 0.99, mu: float = 7.0, weight: float = 1.0,
        fairness: float = 0.01, strong: str = STRONG,
    ) -> None:  # fmt: skip
        asked("freematch", {"mu": mu, "weight": weight}, {"decay": decay, "fairness": fairness})
        self.model, self.loss, self.weight, self.fairness = model, loss, weight, fairness
        self.streams = streams(mu, strong)
        even = torch.full((classes,), 1 / classes)
        self.seen = Running(decay, threshold=even[0], share=even, guessed=even)
        self.state, self.load = self.seen.state, self.seen.load

    def __call__(self, batch: Batch) -> Step:
        logits, weak, strong = passed(self.model, batch)
        q = weak.detach().softmax(1)
        sure, guess = q.max(1)
        told = F.one_hot(guess, q.shape[1]).float()
        new = {"threshold": sure, "share": q, "guessed": told}
        self.seen.move(batch, **{name: mean(self.loss, value)[0] for name, value in new.items()})
        kept = sure > self.thresholds().to(sure)[guess]
        taught = self.weight * kept * F.cross_entropy(strong, guess, reduction="none")
        if self.fairness and kept.any():
            share, guessed = (self.seen[name].to(q) for name in ("share", "guessed"))
            taught = taught - self.fairness * apart(strong[kept].softmax(1), share, guessed)
        loss = {"train": self.loss(logits, batch.targets, batch.rows), "unlabelled": taught}
        return Step(loss, logits, {"kept": float(kept.float().mean()), "threshold": float(self.seen["threshold"])})

    def thresholds(self) -> Tensor:
        """(K,) of each class."""
        share = self.seen["share"]
        return share / share.max() * self.seen["threshold"].to(share)


def apart(strong: Tensor, share: Tensor, guessed: Tensor) -> Tensor:
    """H(norm(share / guessed), norm(mean of strong / how often it is guessed)), equation 11's. strong (n, K)."""
    counts = torch.bincount(strong.argmax(1), minlength=strong.shape[1]).to(strong)
    there = counts > 0
    wanted = share[there] / guessed[there].clamp(min=1e-6)
    found = strong.mean(0)[there] * len(strong) / counts[there]
    return -(wanted / wanted.sum() * (found / found.sum()).log()).sum()
