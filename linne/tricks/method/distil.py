"""distil: learn from what a teacher says of the same pictures (Hinton et al. 2015, arXiv:1503.02531)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import CELL, Batch, Step
from ...core.errors import OptionError

OWN = {
    "logits": {"share": 0.5, "temperature": 4.0, "legacy_mean": False},
    "decoupled": {"temperature": 4.0, "alpha": 1.0, "beta": 8.0, "warmup": 0.1},
    "similarity": {"weight": 20.0},
}
"""Options of each kind; those of another would have no effect."""


class distil:
    """The teacher sees what the student sees, blended pictures included. loss is that of the labels.

    teacher: a run's folder; several joined by "+", whose probabilities are averaged; "self", what heads say that never
    saw a picture (its out-of-fold label, of the frozen features: then nothing may be blended); or, for "similarity",
    any network by name. kind "logits": share T^2 KL(softmax(t/T) || softmax(s/T)) + (1 - share) loss, the divergence
    summed over classes (`legacy_mean` divides it by their number, as nn.KLDivLoss() does by default and so several
    public implementations: K times too little). "decoupled": loss + T^2 (alpha KL of the label's share + beta KL among
    the others) (Zhao et al. 2022, arXiv:2203.08679, equation 7), of which a part `warmup` of the run comes in
    gradually; the label is the target's largest. "similarity": loss + weight sum_j (G_ij - H_ij)^2, G and H the rows of
    A A^T at length 1 of the student's and the teacher's features A (Tung and Mori 2019, arXiv:1907.09682, equation 4)
    within cells of 16 pictures, so that splitting a batch changes nothing; theirs is of the whole batch of 128 with
    3000 / 128 as weight. Raises OptionError for values outside, options of another kind, and a loss with smoothing,
    which contradicts a teacher.
    """

    def __init__(
        self, model: Any, loss: Any, teach: Callable[..., Any], *, teacher: str, kind: str = "logits",
        share: float = 0.5, temperature: float = 4.0, legacy_mean: bool = False, alpha: float = 1.0, beta: float = 8.0,
        warmup: float = 0.1, weight: float = 20.0,
    ) -> None:  # fmt: skip
        _check(kind, share=share, temperature=temperature, legacy_mean=legacy_mean, alpha=alpha, beta=beta,
               warmup=warmup, weight=weight)  # fmt: skip
        if getattr(getattr(loss, "loss", None), "keywords", {}).get("smoothing"):
            raise OptionError("distil: a smoothed label contradicts the teacher's. Give loss='cross_entropy'.")
        self.model, self.loss, self.kind = model, loss, kind
        self.share, self.temperature, self.legacy_mean = share, temperature, legacy_mean
        self.alpha, self.beta, self.warmup, self.weight = alpha, beta, warmup, weight
        self.teacher = teach(teacher, kind == "similarity")
        if kind == "similarity":
            model.head.register_forward_pre_hook(lambda _, given: setattr(self, "features", given[0]))

    def __call__(self, batch: Batch, progress: float) -> Step:
        logits = self.model(batch.images)
        told = self._told(batch)
        own = self.loss(logits, batch.targets, batch.rows)
        if self.kind == "similarity":
            apart = unlike(told, self.features)
            return Step(own + self.weight * apart, logits, {"teacher": float(apart.detach().mean())})
        if self.kind == "logits":
            apart = divergence(told, logits, self.temperature)
            apart = apart / logits.shape[1] if self.legacy_mean else apart
            return Step(self.share * apart + (1 - self.share) * own, logits, {"teacher": float(apart.detach().mean())})
        label, rest = decoupled(told, logits, batch.targets.argmax(1), self.temperature)
        come = min(progress / self.warmup, 1.0) if self.warmup else 1.0
        return Step(own + come * (self.alpha * label + self.beta * rest), logits)

    def _told(self, batch: Batch) -> Tensor:
        """What the teacher says of these pictures, or of these rows where it knows nothing else."""
        if not getattr(self.teacher, "by_rows", False):
            return self.teacher(batch.images)
        if (batch.targets.amax(1) < 1).any():
            raise OptionError("distil(teacher=self) knows each picture's own label, of no blend of two. Drop mix.")
        return self.teacher(batch.rows)


def _check(kind: str, **given: float) -> None:
    """Raise OptionError for a kind or values that are not allowed, and for options that the kind does not have."""
    if kind not in OWN:
        raise OptionError(f"distil: kind is one of {', '.join(OWN)}, got {kind!r}.")
    plain = {name: value for own in OWN.values() for name, value in own.items()}
    for name, value in given.items():
        if name not in OWN[kind] and value != plain[name]:
            raise OptionError(f"distil: {name} has no effect with kind={kind!r}. Drop it.")
    wrong = [name for name in ("temperature", "weight") if not given[name] > 0]
    wrong += [name for name in ("alpha", "beta") if not given[name] >= 0]
    if wrong or not 0 < given["share"] <= 1 or not 0 <= given["warmup"] < 1:
        values = ", ".join(f"{name}={value}" for name, value in given.items())
        raise OptionError(
            f"distil({values}): share is above 0 up to 1, temperature and weight are above 0, alpha and beta at least "
            "0, warmup from 0 to below 1."
        )


def divergence(teacher: Tensor, student: Tensor, temperature: float = 1.0) -> Tensor:
    """(B,) T^2 KL(softmax(teacher/T) || softmax(student/T)), both logits (B, K)."""
    t, s = (torch.log_softmax(logits / temperature, 1) for logits in (teacher, student))
    return temperature**2 * (t.exp() * (t - s)).sum(1)


def decoupled(teacher: Tensor, student: Tensor, labels: Tensor, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
    """((B,) T^2 KL of (label, all others), (B,) T^2 KL among the others), of logits (B, K) and labels (B,)."""
    hot = F.one_hot(labels, teacher.shape[1]).bool()
    t, s = (torch.log_softmax(logits / temperature, 1) for logits in (teacher, student))
    pairs = [torch.stack([one[hot], one.masked_fill(hot, -torch.inf).logsumexp(1)], 1) for one in (t, s)]
    label = (pairs[0].exp() * (pairs[0] - pairs[1])).sum(1)
    t, s = (logits[~hot].view(len(labels), -1) for logits in (teacher, student))
    return temperature**2 * label, divergence(t, s, temperature)


def unlike(teacher: Tensor, student: Tensor) -> Tensor:
    """(B,) how far the similarities to the rows of the same cell are apart, of features (B, t) and (B, s)."""
    cells = zip(teacher.flatten(1).split(CELL), student.flatten(1).split(CELL), strict=True)
    return torch.cat([(F.normalize(s @ s.T) - F.normalize(t @ t.T)).square().sum(1) for t, s in cells])
