"""Teachers: finished runs as torch modules that answer for a student's pictures, in the student's order of classes."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..core.errors import InputError, LinneError
from ..core.run import Run
from .infer import model_of
from .rung import built

Scale = tuple[Sequence[float], Sequence[float]]


class Teacher(nn.Module):
    """Mean log-probabilities of several networks, in evaluation mode, that do not learn.

    Pictures (B, C, S, S) come normalised by `scale`, the student's mean and std of values in 0..1; each network sees
    them by its own, at its own side. Its columns are put into the student's order.
    """

    def __init__(self, scale: Scale, nets: Sequence[tuple[nn.Module, Any, Sequence[int]]]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(net for net, _, _ in nets)
        self.sides = [int(network.size) for _, network, _ in nets]
        self.register_buffer("scale", _table(scale), persistent=False)
        for at, (_, network, columns) in enumerate(nets):
            self.register_buffer(f"scale{at}", _table((network.mean, network.std)), persistent=False)
            self.register_buffer(f"columns{at}", torch.tensor(columns), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "Teacher":
        """A teacher stays in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """(B, K) logits: of one network its own, of several the log of their mean probability."""
        plain = images * self.scale[1] + self.scale[0]  # type: ignore[index]
        said = []
        for at, (net, side) in enumerate(zip(self.nets, self.sides, strict=True)):
            mean, std = getattr(self, f"scale{at}")
            own = (plain - mean) / std
            if own.shape[-1] != side:
                own = nn.functional.interpolate(own, (side, side), mode="bilinear", antialias=True)
            said.append(net(own).float()[:, getattr(self, f"columns{at}")])
        if len(said) == 1:
            return said[0]
        return torch.stack([logits.log_softmax(1) for logits in said]).logsumexp(0)


def _table(scale: Scale) -> Tensor:
    """(2, C, 1, 1)."""
    return torch.tensor(scale).view(2, -1, 1, 1)


def teacher(names: str, classes: tuple[str, ...], scale: Scale) -> Teacher:
    """The runs that `names` names, joined by "+", as one teacher for a student of these classes and this scale.

    Raises InputError where a run does not know the student's classes, and RunError for what is no finished run.
    """
    nets = []
    for name in (part.strip() for part in names.split("+")):
        try:
            run = Run(name)
        except LinneError as error:
            raise InputError(f"teacher={name!r}: {error}") from error
        if set(run.classes) != set(classes):
            missing = sorted(set(classes) - set(run.classes))
            more = sorted(set(run.classes) - set(classes))
            said = f"lacks {', '.join(missing[:5])}" if missing else f"knows {', '.join(more[:5])} besides"
            raise InputError(f"teacher={name!r} has other classes than these pictures: it {said}. Train it on these.")
        model = model_of(run)
        net = built(model.network, len(run.classes), run.path / "model.safetensors")
        nets.append((net, model.network, [run.classes.index(one) for one in classes]))
    return Teacher(scale, nets)
