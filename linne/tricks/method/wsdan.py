"""wsdan: looks again at the parts that matter, and without them (Hu et al. 2019, arXiv:1901.09891)."""

from typing import Any

import torch
from torch import Tensor

from ...core.batch import Batch, Step
from ...core.errors import OptionError

surgery = "attentive"
EPS = 1e-6


class wsdan:
    """Attention maps on a network's last maps say where to look closer, and what to do without.

    The network is one with the surgery `attentive`, whose A_k they are. One A_k is drawn for each row, with chances by
    the roots of their sums as in the authors' code, and brought to 0..1 and to the picture's size: the box around what
    reaches a drawn share of `crop` is cut out and enlarged, and what lies above one of `drop` is blanked (0, the mean
    colour). The loss is the mean of all three pictures' and `weight` times sum_k |f_k - c_k|^2, which keeps each map on
    one part: f_k are the first picture's features, and the centres c_k, zero at first, move by `rate` of the way to the
    batch's mean (the paper's; its code has centres for each class).

    Over several processes, centres go by the first one's rows, as batch norms do. Raises OptionError for ranges that do
    not rise within 0..1, a negative weight, a rate outside 0..1, and a network that does not look closer.
    """

    def __init__(
        self, model: Any, loss: Any, *, crop: tuple[float, float] = (0.4, 0.6), drop: tuple[float, float] = (0.2, 0.5),
        weight: float = 1.0, rate: float = 0.05,
    ) -> None:  # fmt: skip
        for name, pair in (("crop", crop), ("drop", drop)):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not 0 < pair[0] <= pair[1] < 1:
                raise OptionError(f"wsdan: {name} is a range of shares between 0 and 1, as (0.4, 0.6), got {pair!r}.")
        if not weight >= 0 or not 0 < rate <= 1:
            raise OptionError(f"wsdan takes weight >= 0 and 0 < rate <= 1, got weight={weight}, rate={rate}.")
        if not hasattr(model, "look"):
            raise OptionError("wsdan teaches a network that looks closer. Give it the surgery 'attentive'.")
        self.model, self.loss, self.weight, self.rate = model, loss, weight, rate
        self.crop, self.drop = tuple(crop), tuple(drop)

    def __call__(self, batch: Batch) -> Step:
        x = batch.images
        features, attention = self.model.look(x)
        logits, spread = self.model.head(features), self.spread(features)
        with torch.no_grad():
            chosen = self.model.scaled(drawn(attention, _even(batch, "wsdan map")), x.shape[2:])
            shares = [low + (high - low) * _even(batch, name) for name, (low, high) in
                      (("wsdan crop", self.crop), ("wsdan drop", self.drop))]  # fmt: skip
            closer = self.model.closer(x, chosen, shares[0])
            without = x * (chosen <= shares[1][:, None, None])[:, None]
        others = self.model.head(self.model.look(torch.cat([closer, without]))[0]).chunk(2)
        losses = [self.loss(one, batch.targets, batch.rows) for one in (logits, *others)]
        told: Any = {"spread": spread.detach().mean()}
        return Step(sum(losses) / 3 + self.weight * spread, logits, told)

    def spread(self, features: Tensor) -> Tensor:
        """(B,) sums of squared distances of features (B, M C), at length 1, to the centres, which then move."""
        centres = self.model.body.end.centres
        parts = torch.nn.functional.normalize(features.float()).view(len(features), *centres.shape)
        away = (parts - centres).square().sum((1, 2))
        with torch.no_grad():
            centres += self.rate * (parts.mean(0) - centres)
        return away


def _even(batch: Batch, what: str) -> Tensor:
    """(B,) draws between 0 and 1, the same for a row however the batch is split."""
    return torch.special.ndtr(batch.normal(what=what))


def drawn(attention: Tensor, draws: Tensor) -> Tensor:
    """(B, 1, h, w): of (B, M, h, w) one map a row, with chances by the roots of their sums. draws: (B,) in 0..1."""
    weights = (attention.float().sum((2, 3)) + EPS).sqrt().cumsum(1)
    place = (draws[:, None] * weights[:, -1:] >= weights).sum(1).clamp(max=attention.shape[1] - 1)
    return attention[torch.arange(len(attention), device=attention.device), place][:, None]
