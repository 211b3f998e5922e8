"""pooling: maps to features by a power mean, the maximum, or maximum and mean (Radenovic et al. 2019, 1711.02512)."""

from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import OptionError, nearest
from ._net import done, linear, put
from ._pools import doubled, kind, last_pool, widen

KINDS = ("gem", "average", "max", "both", "beside")


def pooling(module: nn.Module, *, to: str = "gem", power: float = 3.0) -> nn.Module:
    """The global pool that ends the body becomes `to`. Returns the network, changed in place.

    to: "gem", (mean x^p)^(1/p) over places of x clamped to 1e-6 or more, with one p that is learned from `power` on
    (equation 3; 1 is the mean of what is positive, ever larger ones come near the maximum); "average"; "max"; "both",
    half the maximum and half the mean; "beside", mean and maximum side by side: twice the features, the maximum's
    begin without weight in the head, so results begin as they were. All weights are kept. Raises OptionError for
    another name, a power that is not above 0 or has no effect, a network that does not end in such a pool, or in `to`
    already, and for "beside" a pool of another kind, a head that is not linear, or features that something else takes.
    """
    net: Any = module
    if to not in KINDS:
        raise OptionError(f"surgery 'pooling' has no {to!r}. {nearest(to, KINDS)}")
    if not power > 0 or (power != 3.0 and to != "gem"):
        raise OptionError(f"pooling(to={to}, power={power}): power is above 0, and only gem has one.")
    call, dims, keep = last_pool(net, "pooling", to)
    fresh = _Pool(to, power, dims, keep)
    if to != "beside":
        put(net, call.path, fresh)
        return done(net, "pooling", "pool", [call])
    if kind(call.module) != "average" or not linear(net.head) or _channels(call, dims) != net.width:
        raise OptionError(f"pooling(to=beside): {net.name} has no linear head right behind a mean over its maps.")
    widen(net, "pooling", call, fresh, 2 * net.width, doubled(net.head))
    return done(net, "pooling", "pool", [call])


def _channels(call: Any, dims: tuple[int, ...]) -> int:
    """The channels that a pool is given."""
    return int(call.args[0].shape[3 if dims == (1, 2) else 1])


class _Pool(nn.Module):
    def __init__(self, to: str, power: float, dims: tuple[int, ...], keep: bool) -> None:
        super().__init__()
        self.pools, self.dim, self.keep = to, dims, keep
        self.power = nn.Parameter(torch.tensor([float(power)])) if to == "gem" else None

    def forward(self, x: Tensor) -> Tensor:
        if self.power is not None:
            return x.clamp(min=1e-6).pow(self.power).mean(self.dim, self.keep).pow(1 / self.power)
        if self.pools == "average":
            return x.mean(self.dim, self.keep)
        if self.pools == "max":
            return x.amax(self.dim, self.keep)
        mean, most = x.mean(self.dim, self.keep), x.amax(self.dim, self.keep)
        channels = -1 if self.dim == (1, 2) or not self.keep else 1
        return (mean + most) / 2 if self.pools == "both" else torch.cat([mean, most], channels)

    def extra_repr(self) -> str:
        return self.pools
