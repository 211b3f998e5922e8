"""mislas: labels smoothed by class, norms shifted, rows scaled (Zhong et al. 2021, arXiv:2104.00466)."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ...core.batch import Batch, Stage, Step
from ...core.errors import OptionError, nearest
from ._head import Scaled

SHAPES = ("concave", "linear", "convex")


class mislas:
    """First the data as they come (the paper: with mixup), then on balanced draws the head and a factor a class learn.

    In the second stage label y keeps 1 - e_y and the others share e_y, which falls from the commonest class to the
    rarest. Published code gives e_y / K to every class, the label's own too: a little less. Logits are
    s (r W + (1 - r) W0) x, r being `retain` and W0 the same weights without a gradient: r = 0 is lws. Batch norms go by
    their batch and estimate anew while their weights stay. `settle` multiplies s into the head. Where the run's loss
    smooths labels itself, both add up.

    share: the second stage's part of the run, between 0 and 1; 10 of 210 epochs in the paper. smoothing: (h, t), e of
    the commonest and of the rarest class, from 0 to below 1; classes all as common have h. shape: of e between them
    over n, the pictures of a class: "concave" t + (h - t) sin(u pi / 2), "linear", or "convex"
    h + (h - t) sin(3 pi / 2 + u pi / 2), u = (n - least) / (most - least). retain: from 0 to 1; an optimizer that
    divides by a running scale undoes all but 0. rate: a multiple of the run's rate in the second stage. shift: whether
    norms estimate anew; a network without batch norms has none. Raises OptionError for others, and for a head whose
    logits are no rows of a layer.
    """

    def __init__(
        self, model: Any, loss: Any, *, share: float = 0.05, smoothing: Sequence[float] = (0.3, 0.0),
        shape: str = "concave", retain: float = 0.2, rate: float = 1.0, shift: bool = True,
    ) -> None:  # fmt: skip
        two = [float(one) for one in smoothing]
        if not (0 < share < 1 and len(two) == 2 and 0 <= min(two) <= max(two) < 1 and 0 <= retain <= 1 and rate > 0):
            given = f"share={share}, smoothing={tuple(smoothing)}, retain={retain}, rate={rate}"
            raise OptionError(
                f"mislas: share in (0, 1), two smoothings in [0, 1), retain in [0, 1], rate above 0; got {given}."
            )
        if shape not in SHAPES:
            raise OptionError(f"mislas: there is no shape {shape!r}. {nearest(shape, SHAPES)}")
        self.model, self.loss, self.shift = model, loss, shift
        self.scaled = Scaled("mislas", model, len(loss.counts), retain)
        self.given = _smoothing(loss.counts, two[0], two[1], shape)
        learns = ("head", self.scaled.name) if retain else (self.scaled.name,)
        second = Stage("classifier", share, learns, sampler="balanced", rate=rate)
        self.stages = [Stage("features", 1 - share, self.scaled.others), second]

    def __call__(self, batch: Batch) -> Step:
        second = self.scaled.learns
        with _shifting(self.model) if second and self.shift else nullcontext():
            logits = self.model(batch.images)
        targets = _smoothed(batch.targets, self.given) if second else batch.targets
        return Step(self.loss(logits, targets, batch.rows), logits)

    def settle(self) -> None:
        """Multiply the factors into the head's last layer and take them away."""
        self.scaled.settle()


def _smoothing(counts: Tensor, head: float, tail: float, shape: str) -> Tensor:
    """(K,) what a label of each class gives away, by its pictures (K,)."""
    least, most = float(counts.min()), float(counts.max())
    place = (counts - least) / (most - least) if most > least else torch.ones_like(counts)
    if shape == "convex":
        return head + (head - tail) * torch.sin(1.5 * math.pi + place * math.pi / 2)
    return tail + (head - tail) * (torch.sin(place * math.pi / 2) if shape == "concave" else place)


def _smoothed(targets: Tensor, given: Tensor) -> Tensor:
    """(B, K) targets whose parts gave away their class's share to the other classes alike."""
    away = targets * given.to(targets)
    return targets - away + (away.sum(1, keepdim=True) - away) / max(targets.shape[1] - 1, 1)


@contextmanager
def _shifting(module: nn.Module) -> Iterator[None]:
    norms = [part for part in module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    still = [norm for norm in norms if not norm.training]
    for norm in still:
        norm.training = True
    try:
        yield
    finally:
        for norm in still:
            norm.training = False
