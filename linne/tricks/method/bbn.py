"""bbn: two branches, one taught by the data as they come, one by rare classes (Zhou et al. 2020, arXiv:1912.02413)."""

from collections.abc import Sequence
from copy import deepcopy
from math import floor
from typing import Any

import torch
from torch import Tensor, nn

from ...core.batch import Batch, Step, Stream
from ...core.errors import OptionError

against = {"sampler": "one branch sees the pictures as they come, one reversed. Drop sampler."}


class bbn:
    """The run's weight moves from the common branch to the rare one: alpha = 1 - progress^2 (section 3.3).

    logits = head(2 [alpha f_common, (1 - alpha) f_rare]) of a picture drawn as the data come and one drawn by
    `reversed`; loss = alpha loss(common's label) + (1 - alpha) loss(rare's label). The branches are copies of the
    network's last part, all before it is shared; afterwards both see the same picture, weighted alike. A network that
    has two already, by the surgery `branches`, keeps its own: a run's folder can hold it.

    epochs: how many the run has, to hold alpha = 1 - ((T - 1) / D)^2 throughout epoch T as the paper's code does, with
    D = epochs, but 100 for 90 and 200 for 180; 0 lets it glide with every step.
    """

    def __init__(self, model: Any, loss: Any, classes: int, *, epochs: int = 0) -> None:
        if not isinstance(epochs, int) or epochs < 0:
            raise OptionError(f"bbn: epochs is a whole number from 0, got {epochs!r}.")
        own = hasattr(getattr(model, "body", None), "branches")
        self.model: nn.Module = _Told(model) if own else _Branches(model, classes)
        self.network = model if own else self.model
        self.loss, self.classes, self.epochs = loss, classes, epochs
        self.streams = {"train": Stream(), "reversed": Stream(sampler="reversed")}

    def alpha(self, progress: float) -> float:
        """The common branch's share at this share of the run: from 1 down."""
        if not self.epochs:
            return 1 - progress**2
        divisor = 100 * (self.epochs // 100 + 1) if self.epochs in (90, 180) else self.epochs
        return 1 - (floor(progress * self.epochs + 1e-9) / divisor) ** 2

    def __call__(self, batch: Batch, progress: float) -> Step:
        alpha, rare = self.alpha(progress), batch["reversed"]
        logits = self.model(batch.images, rare.images, alpha)
        common = self.loss(logits, batch.targets, batch.rows)
        return Step(alpha * common + (1 - alpha) * self.loss(logits, rare.targets, rare.rows), logits, {"alpha": alpha})


class _Branches(nn.Module):
    """A network whose last part with a layer in it, and what follows, is there twice. features are (B, 2 width)."""

    def __init__(self, network: Any, classes: int) -> None:
        super().__init__()
        parts = network.parts()
        cut = max(at for at, (_, part) in enumerate(parts) if any(p.ndim > 1 for p in part.parameters()))
        self.names = [name for name, _ in parts[:cut]]
        self.trunk = nn.Sequential(*(part for _, part in parts[:cut]))
        self.branches = _Pair([part for _, part in parts[cut:]])
        self.width = 2 * int(network.width)
        self.head = nn.Linear(self.width, classes)
        self.name, self.preprocess = getattr(network, "name", ""), getattr(network, "preprocess", {})

    def features(self, x: Tensor, rare: "Tensor | None" = None, alpha: float = 0.5) -> Tensor:
        """(B, C, H, W), for the branches one picture or two, to (B, 2 width)."""
        return self.branches(self.trunk(x), None if rare is None else self.trunk(rare), alpha)

    def forward(self, x: Tensor, rare: "Tensor | None" = None, alpha: float = 0.5) -> Tensor:
        """(B, C, H, W) to (B, K); of pairs of pictures in training."""
        return self.head(self.features(x, rare, alpha))

    def parts(self) -> list[tuple[str, nn.Module]]:
        """Modules in a row from the picture to the features."""
        return [*zip(self.names, self.trunk, strict=True), ("branches", self.branches)]


class _Told(nn.Module):
    """A network with two branches of its own, told which sees what."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, rare: Tensor, alpha: float) -> Tensor:
        """Pairs of pictures (B, C, H, W) to (B, K)."""
        body = self.network.body
        return self.network.head(body.branches(body.trunk(x), body.trunk(rare), alpha))

    @property
    def head(self) -> nn.Module:
        """The network's own."""
        return self.network.head

    def parts(self) -> list[tuple[str, nn.Module]]:
        """The network's own."""
        return self.network.parts()


class _Pair(nn.Module):
    """Two branches over one input, side by side."""

    def __init__(self, parts: Sequence[nn.Module]) -> None:
        super().__init__()
        self.common = nn.Sequential(*parts)
        self.rare = deepcopy(self.common)

    def forward(self, x: Tensor, rare: "Tensor | None" = None, alpha: float = 0.5) -> Tensor:
        """2 [alpha common(x), (1 - alpha) rare(rare)]; of the same activations where there are no others."""
        one, two = self.common(x), self.rare(x if rare is None else rare)
        return torch.cat([2 * alpha * one, 2 * (1 - alpha) * two], 1)
