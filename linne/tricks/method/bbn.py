"""bbn: two branches, one taught by the data as they come, one by rare classes (Zhou et al. 2020, arXiv:1912.02413)."""

from math import floor
from typing import Any

from torch import Tensor, nn

from ...core.batch import Batch, Step, Stream
from ...core.errors import OptionError

surgery = "branches"
against = {"sampler": "one branch sees the pictures as they come, one reversed. Drop sampler."}


class bbn:
    """The run's weight moves from the common branch to the rare one: alpha = 1 - progress^2 (section 3.3).

    logits = head(2 [alpha f_common, (1 - alpha) f_rare]) of a picture drawn as the data come and one drawn by
    `reversed`; loss = alpha loss(common's label) + (1 - alpha) loss(rare's label). The network is one with the surgery
    `branches`: two copies of its last part, all before it shared; afterwards both see the same picture, weighted alike.

    epochs: how many the run has, to hold alpha = 1 - ((T - 1) / D)^2 throughout epoch T as the paper's code does, with
    D = epochs, but 100 for 90 and 200 for 180; 0 lets it glide with every step. Raises OptionError for half an
    epoch, and for a network without branches.
    """

    def __init__(self, model: Any, loss: Any, classes: int, *, epochs: int = 0) -> None:
        if not isinstance(epochs, int) or epochs < 0:
            raise OptionError(f"bbn: epochs is a whole number from 0, got {epochs!r}.")
        self.model, self.network = _Told(model), model
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


class _Told(nn.Module):
    """A network whose last part is two branches, told which sees what."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        row = [part for _, part in network.parts()]
        pairs = [at for at, part in enumerate(row) if hasattr(part, "common") and hasattr(part, "rare")]
        if not pairs:
            raise OptionError("bbn teaches a network whose last part is there twice. Give it the surgery 'branches'.")
        trunk, end = row[: pairs[-1]], row[pairs[-1] + 1 :]  # timm's have a step behind their last part
        self.way: Any = nn.Sequential(*trunk), row[pairs[-1]], nn.Sequential(*end)  # a tuple: not registered twice

    def forward(self, x: Tensor, rare: Tensor, alpha: float) -> Tensor:
        """Pairs of pictures (B, C, H, W) to (B, K)."""
        trunk, pair, end = self.way
        return self.network.head(end(pair(trunk(x), trunk(rare), alpha)).float())

    @property
    def head(self) -> nn.Module:
        """The network's own."""
        return self.network.head

    def parts(self) -> list[tuple[str, nn.Module]]:
        """The network's own."""
        return self.network.parts()
