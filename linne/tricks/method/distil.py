"""distil: learn from what a teacher says of the same pictures (Hinton et al. 2015, arXiv:1503.02531)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._teacher import told, unsmoothed


class distil:
    """share T^2 KL(softmax(t/T) || softmax(s/T)) + (1 - share) loss of the labels, t and s the logits of both.

    The teacher sees what the student sees, blended pictures included. teacher: a run's folder; several joined by "+",
    whose probabilities are averaged; or "self", what heads say that never saw a picture (its out-of-fold label, by its
    frozen features: then nothing may be blended). temperature: T, above 0. The divergence is summed over classes;
    legacy_mean divides it by their number, as nn.KLDivLoss() does by default and so several public implementations: K
    times too little. Raises OptionError for a share outside above 0 to 1, a temperature not above 0, and a loss with
    smoothing, which contradicts a teacher.
    """

    def __init__(
        self, model: Any, loss: Any, teach: Callable[..., Any], *, teacher: str = "self", share: float = 0.5,
        temperature: float = 4.0, legacy_mean: bool = False,
    ) -> None:  # fmt: skip
        if not 0 < share <= 1 or not temperature > 0:
            raise OptionError(
                f"distil(share={share}, temperature={temperature}): share is above 0 up to 1, temperature above 0."
            )
        unsmoothed("distil", loss)
        self.model, self.loss, self.teacher = model, loss, teach(teacher)
        self.share, self.temperature, self.legacy_mean = share, temperature, legacy_mean

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        apart = divergence(told("distil", self.teacher, batch), logits, self.temperature)
        apart = apart / logits.shape[1] if self.legacy_mean else apart
        own = self.loss(logits, batch.targets, batch.rows)
        return Step(self.share * apart + (1 - self.share) * own, logits, {"teacher": float(apart.detach().mean())})


def divergence(teacher: Tensor, student: Tensor, temperature: float = 1.0) -> Tensor:
    """(B,) T^2 KL(softmax(teacher/T) || softmax(student/T)), both logits (B, K)."""
    t, s = (torch.log_softmax(logits / temperature, 1) for logits in (teacher, student))
    return temperature**2 * (t.exp() * (t - s)).sum(1)
