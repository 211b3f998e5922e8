"""dkd: a teacher's word on the label and on the others, each weighed by itself (Zhao et al. 2022, arXiv:2203.08679)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._teacher import told, unsmoothed


class dkd:
    """loss of the labels + T^2 (alpha KL of the label's share + beta KL among the others) (equation 7).

    teacher: as in distil. temperature: T, above 0. alpha, beta: at least 0; the paper has 1 and 8 on CIFAR. warmup: the
    share of the run over which the teacher's part comes in, from 0 to below 1. The label of a blend is its target's
    largest. Raises OptionError for other values, and a loss with smoothing, which contradicts a teacher.
    """

    def __init__(
        self, model: Any, loss: Any, teach: Callable[..., Any], *, teacher: str = "self", temperature: float = 4.0,
        alpha: float = 1.0, beta: float = 8.0, warmup: float = 0.1,
    ) -> None:  # fmt: skip
        if not (temperature > 0 and alpha >= 0 and beta >= 0 and 0 <= warmup < 1):
            raise OptionError(
                f"dkd(temperature={temperature}, alpha={alpha}, beta={beta}, warmup={warmup}): temperature is above 0, "
                "alpha and beta are at least 0, warmup from 0 to below 1."
            )
        unsmoothed("dkd", loss)
        self.model, self.loss, self.teacher = model, loss, teach(teacher)
        self.temperature, self.alpha, self.beta, self.warmup = temperature, alpha, beta, warmup

    def __call__(self, batch: Batch, progress: float) -> Step:
        logits = self.model(batch.images)
        said = told("dkd", self.teacher, batch)
        label, rest = decoupled(said, logits, batch.targets.argmax(1), self.temperature)
        come = min(progress / self.warmup, 1.0) if self.warmup else 1.0
        own = self.loss(logits, batch.targets, batch.rows)
        return Step(own + come * (self.alpha * label + self.beta * rest), logits)


def decoupled(teacher: Tensor, student: Tensor, labels: Tensor, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
    """((B,) T^2 KL of (label, all others), (B,) T^2 KL among the others), of logits (B, K) and labels (B,)."""
    hot = F.one_hot(labels, teacher.shape[1]).bool()
    t, s = (torch.log_softmax(logits / temperature, 1) for logits in (teacher, student))
    pairs = [torch.stack([one[hot], one.masked_fill(hot, -torch.inf).logsumexp(1)], 1) for one in (t, s)]
    label = (pairs[0].exp() * (pairs[0] - pairs[1])).sum(1)
    t, s = (torch.log_softmax(logits[~hot].view(len(labels), -1) / temperature, 1) for logits in (teacher, student))
    return temperature**2 * label, temperature**2 * (t.exp() * (t - s)).sum(1)
