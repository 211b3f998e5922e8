"""nlnl: learn what a picture is not, then only from labels that stand (Kim et al. 2019, arXiv:1908.07387)."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from ...core.batch import Batch, Stage, Step
from ...core.errors import OptionError
from ._rows import labels_of

ground = "trunk"
against = {"mix": "it knows each picture's own label, of no blend of two. Drop mix."}
usual = {"loss": "cross_entropy"}
NAMES = ("negative", "selective negative", "selective positive")


class nlnl:
    """Three stages: negative learning, negative where p of the label >= 1 / K, the run's loss where it is >= `cut`.

    Negative: -w log(1 - p) of `negatives` classes other than the label, drawn anew in every step with replacement and
    added up; w is the largest class's pictures over the label's class's. 1 - p is at least 1e-5. Selection goes by the
    mean over the last `history` epochs of what the network said at their ends; before the first one everything is
    taken. The mean loss is over the rows that are taken. So far the authors' code (main_NL.py), which notes what was
    said of the changed pictures in training and divides by the batch's taken rows instead of their share of all. Its
    last stage, pseudo-labels for what was not taken, is another method's. The other public code (JaryHuang) selects by
    what the network says now, means over negatives and has no w.

    shares: of the three stages; alike in the authors' code for the first two. rates: multiples of the run's rate;
    the other code's .1, .01, .001 are (1, .1, .01). negatives: 1 for 10 classes, 110
    advised for 100. cut: 0 to 1. history: 1 or more. Raises OptionError outside.
    """

    def __init__(
        self, model: Any, loss: Any, images: Any, *, cut: float = 0.5, negatives: int = 1, history: int = 10,
        shares: Sequence[float] = (1, 1, 1), rates: Sequence[float] = (1, 1, 1),
    ) -> None:  # fmt: skip
        if not (0 <= cut <= 1 and negatives >= 1 and history >= 1):
            raise OptionError(f"nlnl: cut in [0, 1], negatives and history from 1; got {cut}, {negatives}, {history}.")
        if not (len(shares) == len(rates) == 3 and min(*shares, *rates) > 0):
            raise OptionError(f"nlnl: three shares and three rates above 0, got {tuple(shares)} and {tuple(rates)}.")
        self.model, self.loss, self.cut, self.negatives = model, loss, cut, int(negatives)
        self.labels = labels_of(images, loss.counts.device)
        self.weight = loss.counts.max() / loss.counts.clamp(min=1)
        self.stages = [Stage(*one) for one in zip(NAMES, shares, ((),) * 3, ("",) * 3, rates, strict=True)]
        self.ends = [end / sum(shares) for end in accumulate(shares)][:2]
        self.seen = torch.full((int(history), len(images)), torch.nan, device=self.labels.device)
        self.epoch = 0

    def __call__(self, batch: Batch, progress: float) -> Step:
        logits = self.model(batch.images)
        stage = sum(progress >= end - 1e-9 for end in self.ends)
        taken, share = self.taken((0.0, 1 / logits.shape[1], self.cut)[stage])
        if stage == 2:
            loss = self.loss(logits, batch.targets, batch.rows)
        else:
            loss = self.weight[batch.targets.argmax(1)] * negative(logits, self._others(batch, logits.shape[1]))
        return Step(loss * taken[batch.rows] / max(share, 1e-9), logits, {"taken": share})

    def taken(self, least: float) -> tuple[Tensor, float]:
        """((n,) 1 for rows whose label had so much on the mean or is not known yet, their share of those known)."""
        known = ~self.seen[0].isnan()
        taken = ~(self.seen.nanmean(0) < least)
        share = float(taken[known].float().mean()) if known.any() else 1.0
        return taken.float(), share

    def _others(self, batch: Batch, classes: int) -> Tensor:
        """(B, negatives) classes that are not the label, the same for a row however the batch is split."""
        even = torch.special.ndtr(batch.normal(self.negatives, what="negative"))
        step = 1 + (even * (classes - 1)).long().clamp(max=classes - 2)
        return (batch.targets.argmax(1)[:, None] + step) % classes

    def on_epoch(self, infer: Any) -> None:
        """Note what the network says of each label."""
        for rows, logits in infer():
            at = torch.as_tensor(rows, device=self.labels.device)
            said = torch.softmax(logits, 1).gather(1, self.labels[at, None])[:, 0]
            self.seen[self.epoch % len(self.seen), at] = said
        self.epoch += 1

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"seen": self.seen, "epoch": self.epoch}

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.seen.copy_(state["seen"])
        self.epoch = state["epoch"]


def negative(logits: Tensor, others: Tensor) -> Tensor:
    """(B,) sum over other classes (B, m) of -log(1 - p)."""
    left = (1 - torch.softmax(logits.float(), 1)).clamp(1e-5, 1)
    return -left.log().gather(1, others).sum(1)
