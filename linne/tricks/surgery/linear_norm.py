"""linear_norm: a batch norm at every linear layer (Ioffe and Szegedy 2015; Luo et al. 2019, arXiv:1906.08332)."""

from typing import Any

from torch import Tensor, nn

from ._net import done, linear, places, put, some, watch
from ._pools import behead

against = {"head": "the named head takes the place of the one whose features it would level. Drop one of the two."}


def linear_norm(module: nn.Module) -> nn.Module:
    """Linear layers of vectors (B, n) get a 1-D batch norm: behind those of the body, before the one that is the head.

    All weights are kept under their names; norms begin with scale 1, shift 0 and no averages, so the first thing to do
    is to train. Linear layers of tokens, and those that a norm already follows in a row, are left. Returns the network,
    changed in place. Raises OptionError for a network without such layers.
    """
    net: Any = module
    flat = {id(call.module) for call in watch(net) if linear(call.module) and call.args[0].dim() == 2}
    found = [(path, old) for path, old in places(net, lambda layer: id(layer) in flat) if not _normed(net, path)]
    head = linear(net.head)
    some(net, "linear_norm", "linear layer of vectors without a norm", [*found, *([net.head] if head else [])])
    for path, old in found:
        put(net, path, _Levelled(old, first=False))
    if head:
        behead(net, _Levelled(net.head, first=True))
    return done(net, "linear_norm", "linear layer", [*found, net.head])


def _normed(net: Any, path: str) -> bool:
    """Whether a 1-D norm follows in the same row."""
    parent, _, name = path.rpartition(".")
    row = list(net.get_submodule(parent)._modules.items())
    after = row[[key for key, _ in row].index(name) + 1 :]
    return bool(after) and isinstance(after[0][1], nn.BatchNorm1d)


class _Levelled(nn.Linear):
    """A linear layer and the norm of what goes into it (first) or comes out of it."""

    def __init__(self, linear: Any, first: bool) -> None:
        super().__init__(linear.in_features, linear.out_features, linear.bias is not None)
        self.weight, self.bias, self.first = linear.weight, linear.bias, first
        self.level = nn.BatchNorm1d(linear.in_features if first else linear.out_features)

    def neck(self, x: Tensor) -> Tensor:
        """What the last linear layer is given, where this is the head."""
        return self.level(x) if self.first else x

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(self.level(input)) if self.first else self.level(super().forward(input))
