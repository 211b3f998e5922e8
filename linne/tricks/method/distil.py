"""distil: learn from what finished runs say of the same pictures (Hinton et al. 2015, arXiv:1503.02531)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...core.batch import Batch, Step
from ...core.errors import OptionError

KINDS = ("logits", "decoupled")


class distil:
    """The teacher sees what the student sees, blended pictures included. loss is that of the labels.

    teacher: a run's folder, or several joined by "+". kind "logits": share T^2 KL(softmax(t/T) || softmax(s/T)) +
    (1 - share) loss, the divergence summed over classes (`legacy_mean` divides it by their number, as
    nn.KLDivLoss() does by default and so several public implementations: K times too little). kind "decoupled": loss +
    T^2 (alpha KL of the label's share + beta KL among the others) (Zhao et al. 2022, arXiv:2203.08679, equation 7), of
    which a part `warmup` of the run comes in gradually; the label is the target's largest. Raises OptionError for
    values outside, options of the other kind, and a loss with smoothing, which contradicts a teacher.
    """

    def __init__(
        self, model: Any, loss: Any, teach: Callable[[str], Any], *, teacher: str, kind: str = "logits",
        share: float = 0.5, temperature: float = 4.0, legacy_mean: bool = False, alpha: float = 1.0, beta: float = 8.0,
        warmup: float = 0.1,
    ) -> None:  # fmt: skip
        if kind not in KINDS:
            raise OptionError(f"distil: kind is one of {', '.join(KINDS)}, got {kind!r}.")
        others = {"share": share != 0.5, "legacy_mean": legacy_mean} if kind != "logits" else {
            "alpha": alpha != 1.0, "beta": beta != 8.0, "warmup": warmup != 0.1}  # fmt: skip
        if any(others.values()):
            name = next(name for name, given in others.items() if given)
            raise OptionError(f"distil: {name} has no effect with kind={kind!r}. Drop it.")
        if not (0 < share <= 1 and temperature > 0 and alpha >= 0 and beta >= 0 and 0 <= warmup < 1):
            raise OptionError(
                f"distil(share={share}, temperature={temperature}, alpha={alpha}, beta={beta}, warmup={warmup}): share "
                "is above 0 up to 1, temperature above 0, alpha and beta at least 0, warmup from 0 to below 1."
            )
        if getattr(getattr(loss, "loss", None), "keywords", {}).get("smoothing"):
            raise OptionError("distil: a smoothed label contradicts the teacher's. Give loss='cross_entropy'.")
        self.model, self.loss, self.teacher, self.kind = model, loss, teach(teacher), kind
        self.share, self.temperature, self.legacy_mean = share, temperature, legacy_mean
        self.alpha, self.beta, self.warmup = alpha, beta, warmup

    def __call__(self, batch: Batch, progress: float) -> Step:
        logits = self.model(batch.images)
        told = self.teacher(batch.images)
        own = self.loss(logits, batch.targets, batch.rows)
        if self.kind == "logits":
            apart = divergence(told, logits, self.temperature)
            apart = apart / logits.shape[1] if self.legacy_mean else apart
            return Step(self.share * apart + (1 - self.share) * own, logits, {"teacher": float(apart.detach().mean())})
        label, rest = decoupled(told, logits, batch.targets.argmax(1), self.temperature)
        come = min(progress / self.warmup, 1.0) if self.warmup else 1.0
        return Step(own + come * (self.alpha * label + self.beta * rest), logits)


def divergence(teacher: Tensor, student: Tensor, temperature: float = 1.0) -> Tensor:
    """(B,) T^2 KL(softmax(teacher/T) || softmax(student/T)), both logits (B, K)."""
    t, s = (torch.log_softmax(logits / temperature, 1) for logits in (teacher, student))
    return temperature**2 * (t.exp() * (t - s)).sum(1)


def decoupled(teacher: Tensor, student: Tensor, labels: Tensor, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
    """((B,) T^2 KL of (label, all others), (B,) T^2 KL among the others), of logits (B, K) and labels (B,)."""
    hot = torch.nn.functional.one_hot(labels, teacher.shape[1]).bool()
    t, s = (torch.log_softmax(logits / temperature, 1) for logits in (teacher, student))
    pairs = [torch.stack([one[hot], one.masked_fill(hot, -torch.inf).logsumexp(1)], 1) for one in (t, s)]
    label = (pairs[0].exp() * (pairs[0] - pairs[1])).sum(1)
    t, s = (logits[~hot].view(len(labels), -1) for logits in (teacher, student))
    return temperature**2 * label, divergence(t, s, temperature)
