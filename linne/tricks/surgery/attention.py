"""attention: gates on maps in any network: SE, ECA, CBAM, scSE, non-local, coordinate (Hu et al. 2018 and others)."""

from collections import OrderedDict
from typing import Any

from torch import nn

from ...core.errors import OptionError, nearest
from ._branches import spots
from ._gates import gate
from ._net import done, put

KINDS = ("se", "eca", "cbam", "scse", "nonlocal", "coordinate")
REDUCTION = 16


def attention(
    module: nn.Module, *, to: str = "se", reduction: int = REDUCTION, start: str = "identity", last: int = 0
) -> nn.Module:
    """Attention behind every residual branch, before its sum; without branches behind every convolution over places.

    to: "se" (arXiv:1709.01507), "eca" (arXiv:1910.03151), "cbam" (arXiv:1807.06521), "scse" (arXiv:1803.02579),
    "nonlocal" (arXiv:1711.07971: every place looks at every other, so give it the `last` few of a network with large
    maps), "coordinate" (arXiv:2103.02907). reduction: channels over those within a gate, at least 8 of them; eca has
    none. start: "identity" leaves the network's results exactly as they are, gates are 2 sigmoid(0) = 1 and learn;
    "paper" begins as published, sigmoids of random weights that halve the maps or so. last: only behind so many, 0 for
    all. All weights are kept. Returns the network, changed in place. Raises OptionError for another name or start, a
    reduction without effect, or a network without maps.
    """
    net: Any = module
    if to not in KINDS:
        raise OptionError(f"surgery 'attention' has no {to!r}. {nearest(to, KINDS)}")
    if start not in ("identity", "paper") or (to == "nonlocal" and start == "paper"):
        raise OptionError(
            f"attention(to={to}, start={start!r}): 'identity' (also nonlocal's own beginning) or 'paper'."
        )
    if reduction < 1 or (to == "eca" and reduction != REDUCTION):
        raise OptionError(f"attention(to={to}, reduction={reduction}): at least 1, and none for eca.")
    found = spots(net, "attention", last)
    for end in found:
        channels = end.shape[1]
        fresh = gate(to, channels, max(8, channels // reduction), start == "identity")
        put(net, end.path, nn.Sequential(OrderedDict([("layer", net.get_submodule(end.path)), ("attn", fresh)])))
    return done(net, "attention", "place", found)
