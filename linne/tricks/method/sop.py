"""sop: each picture learns by how much its label is off, sparsely (Liu et al. 2022, arXiv:2202.14026)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...core.batch import Batch, Player, Step
from ...core.errors import OptionError
from ...core.rng import rng
from ._rows import Memory

ground = "trunk"
against = {
    "mix": "it knows each picture's own label, of no blend of two. Drop mix.",
    "loss": "its own is cross-entropy of what the network says and the noise together. Drop loss.",
}
LEAST = 1e-4


class sop:
    """Sparse over-parametrisation: the label is what the network says plus s = u^2 y - v^2 (1 - y) of each picture.

    Network and u (n, 1) learn by -log of p + s at the label, p the softmax, made to sum to 1; v (n, K) by the squared
    distance of onehot(argmax p) + s from y (algorithm 1). u^2 and v^2 are cut off at 1 - 1e-4 and p + s at 1e-4, as in
    the authors' code, which has the distance 100 times. Both learn by plain SGD at rates of their own, by the run's
    schedule, without decay.

    rate_u, rate_v: above 0; 1 and 10 published for CIFAR-100 (v: 100 where noise is asymmetric). begin: deviation of
    the first u and v, above 0: the smaller, the later they matter. Published is 1e-8 for 300 epochs, which would do
    nothing in ten. Raises OptionError outside.
    """

    alone = True

    def __init__(
        self, model: Any, images: Any, classes: int, device: Any, *, rate_u: float = 10.0, rate_v: float = 10.0,
        begin: float = 1e-4,
    ) -> None:  # fmt: skip
        if not min(rate_u, rate_v, begin) > 0:
            raise OptionError(f"sop: rates and begin are above 0, got {rate_u}, {rate_v} and {begin}.")
        self.model, self.classes = model, classes
        self.u, self.v = (Rows(len(images), wide, begin, name).to(device) for wide, name in ((1, "u"), (classes, "v")))
        plain = "sgd(momentum=0,nesterov=false)"
        self.players = {"model": Player(), "u": Player(plain, own=rate_u), "v": Player(plain, own=rate_v)}
        self.said = Memory(len(images), classes, device)

    def __call__(self, batch: Batch, player: str) -> Step:
        rows, targets = batch.rows, batch.targets
        logits = self.model(batch.images) if player == "model" else None
        if logits is not None:
            p = torch.softmax(logits.float(), 1)
            self.said.toward(batch, p.detach(), 1.0)
        else:
            p = self.said.values[rows]
        up = (self.u.value[rows] ** 2 * targets).clamp(max=1 - LEAST)
        down = (self.v.value[rows] ** 2 * (1 - targets)).clamp(max=1 - LEAST)
        if player == "v":
            guess = F.one_hot(p.argmax(1), self.classes).to(p)
            return Step(((guess + up.detach() - down - targets) ** 2).sum(1))
        return Step(explained(p, targets, up, down.detach()), logits, {"off": float(up.detach().sum(1).mean())})

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return self.said.state()

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.said.load(state)


class Rows(nn.Module):
    """Numbers of each picture (n, wide) that learn without decay."""

    def __init__(self, rows: int, wide: int, begin: float, name: str) -> None:
        super().__init__()
        drawn = rng(0, "sop", name).standard_normal((rows, wide)) * begin
        self.value = nn.Parameter(torch.from_numpy(drawn).float())

    def no_weight_decay(self) -> tuple[str, ...]:
        """Names that take no decay."""
        return ("value",)


def explained(p: Tensor, targets: Tensor, up: Tensor, down: Tensor) -> Tensor:
    """(B,) cross-entropy of p + up - down (B, K), made to sum to 1, against the targets."""
    sum_ = (p + up - down).clamp(min=LEAST)
    share = (sum_ / sum_.sum(1, keepdim=True)).clamp(min=LEAST)
    return -(targets * share.log()).sum(1)
