"""branches: the network's last part is there twice, side by side (Zhou et al. 2020, arXiv:1912.02413, section 3.2)."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import OptionError
from ._body import Body
from ._net import done, linear
from ._pools import behead, doubled


def branches(module: nn.Module) -> nn.Module:
    """The last part with a layer of weights, and what follows it, twice over one trunk: features (B, 2 width).

    The second is a copy of the first, and the head gives each half of its weight, so the network begins as it was. The
    method bbn teaches one by the data as they come and one by rare classes; any other teaches both alike. Returns the
    network, changed in place. Raises OptionError for a network that cannot be cut, or whose head is not linear.
    """
    net: Any = module
    if not linear(net.head) or getattr(net, "twice", False):
        raise OptionError(f"surgery 'branches': the head of {net.name} is no single linear layer.")
    row = net.parts()
    cut = max((at for at, (_, part) in enumerate(row) if any(p.ndim > 1 for p in part.parameters())), default=0)
    if not cut:
        raise OptionError(f"surgery 'branches': {net.name} has no part before its last one that both could share.")
    head = doubled(net.head)
    with torch.no_grad():
        head.weight.copy_(torch.cat([net.head.weight, net.head.weight], 1) / 2)
    behead(net, head)
    body = Body([part for _, part in row[:cut]], _Pair([part for _, part in row[cut:]]))
    net.body = body.train(net.training)
    net.width *= 2
    return done(net, "branches", "part", row[cut:])


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
