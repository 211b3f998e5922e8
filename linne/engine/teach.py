"""Teachers: finished runs, or any network's features, as torch modules that answer for a student's pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..core.errors import InputError, LinneError
from ..core.run import Run
from .assemble import built
from .infer import model_of
from .members import members
from .network import Network, resolve

Scale = tuple[Sequence[float], Sequence[float]]


class Teacher(nn.Module):
    """Mean log-probabilities of several networks, or their features side by side, in evaluation mode; none learns.

    Pictures (B, C, S, S) come normalised by `scale`, the student's mean and std of values in 0..1; each network sees
    them by its own, at its own side. Its columns are put into the student's order of classes.
    """

    def __init__(self, scale: Scale, nets: Sequence[tuple[nn.Module, Any, Sequence[int]]], features: bool) -> None:
        super().__init__()
        self.nets, self.features = nn.ModuleList(net for net, _, _ in nets), features
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
        """(B, K) logits: of one network its own, of several the log of their mean probability; or (B, width) features,
        each network's at length 1."""
        if self.features:
            seen = [net.features(shown) for net, shown in zip(self.nets, self._shown(images), strict=True)]  # type: ignore[operator]
            return torch.cat([nn.functional.normalize(one.flatten(1).float()) for one in seen], 1)
        said = [net(shown).float() for net, shown in zip(self.nets, self._shown(images), strict=True)]
        said = [logits[:, getattr(self, f"columns{at}")] for at, logits in enumerate(said)]
        if len(said) == 1:
            return said[0]
        return torch.stack([logits.log_softmax(1) for logits in said]).logsumexp(0)

    def _shown(self, images: Tensor) -> list[Tensor]:
        """The pictures as each network takes them."""
        plain, out = images * self.scale[1] + self.scale[0], []  # type: ignore[index]
        for at, side in enumerate(self.sides):
            mean, std = getattr(self, f"scale{at}")
            own = (plain - mean) / std
            if own.shape[-1] != side:
                own = nn.functional.interpolate(own, (side, side), mode="bilinear", antialias=True)
            out.append(own)
        return out


class Recalled(nn.Module):
    """What is known of each row: rows (n,) of the images and their logits (n, K)."""

    by_rows = True

    def __init__(self, rows: np.ndarray, logits: np.ndarray) -> None:
        super().__init__()
        order = np.argsort(rows)
        self.register_buffer("rows", torch.from_numpy(np.asarray(rows, np.int64)[order]), persistent=False)
        self.register_buffer("logits", torch.from_numpy(np.asarray(logits, np.float32)[order]), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """(B, K) logits of rows (B,). Raises InputError for a row of which nothing is known."""
        at = torch.searchsorted(self.rows, rows).clamp(max=len(self.rows) - 1)  # type: ignore[arg-type]
        if not torch.equal(self.rows[at], rows):  # type: ignore[index]
            raise InputError(
                "distil(teacher=self): a learning picture has no out-of-fold label. Label it, or leave it out."
            )
        return self.logits[at]  # type: ignore[index]


def _table(scale: Scale) -> Tensor:
    """(2, C, 1, 1)."""
    return torch.tensor(scale).view(2, -1, 1, 1)


def teacher(names: str, classes: tuple[str, ...], scale: Scale, features: bool = False) -> Teacher:
    """The runs that `names` names, joined by "+", as one teacher for a student of these classes and this scale.

    features: their features instead of logits; then networks' names will do, too. Raises InputError where a run does
    not know the student's classes or a name is neither.
    """
    parts = [one for part in names.split("+") for one in _folds(part.strip())]
    nets = [_net(part, classes, features) for part in parts]
    return Teacher(scale, nets, features)


def _folds(name: str) -> list[str]:
    """The run's own name, or its folds' where it is their mean."""
    try:
        return [str(run.path) for run in members(name)]
    except LinneError:
        return [name]


def _net(name: str, classes: tuple[str, ...], features: bool) -> tuple[nn.Module, Any, list[int]]:
    """(the module, its network, where it holds the student's classes)."""
    try:
        run = Run(name)
    except LinneError as error:
        network = _named(name, features, error)
        return network.module(), network, []
    if not features and set(run.classes) != set(classes):
        missing, more = sorted(set(classes) - set(run.classes)), sorted(set(run.classes) - set(classes))
        said = f"lacks {', '.join(missing[:5])}" if missing else f"knows {', '.join(more[:5])} besides"
        raise InputError(f"teacher={name!r} has other classes than these pictures: it {said}. Train it on these.")
    network = model_of(run).network
    net = built(network, len(run.classes), run.path / "model.safetensors")
    return net, network, [] if features else [run.classes.index(one) for one in classes]


def _named(name: str, features: bool, error: LinneError) -> Network:
    """A network by its name, whose features teach; its own classes are none of the student's."""
    if Path(name).exists() or "/" in name:
        raise InputError(f"teacher={name!r}: {error}") from error
    try:
        network = resolve(name)
    except LinneError as other:
        raise InputError(f"teacher={name!r} is no finished run, and no network that is here: {other}") from other
    if not features:
        raise InputError(
            f"teacher={name!r} tells {network.classes:,} classes of its own apart, not these. Train it on these first "
            "and name that run, or learn from its features: resemble(teacher=...)."
        )
    return network
