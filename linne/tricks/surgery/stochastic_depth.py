"""stochastic_depth: residual branches are left out at random, later ones more often (Huang et al. 2016, 1603.09382)."""

from collections import OrderedDict
from typing import Any

from torch import nn

from ...core.errors import OptionError
from ._branches import ends
from ._net import Places, done, places, put, some

NAMES = ("drop_path", "drop_path1", "drop_path2", "stochastic_depth")


def stochastic_depth(module: nn.Module, *, rate: float = 0.1) -> nn.Module:
    """While it learns, branch l of L is 0 with probability l / L times `rate` for each picture, else over 1 less that.

    Equation 4, with branches scaled in training and not in evaluation, where nothing changes. Where a network has
    places for it (timm's drop_path, torchvision's StochasticDepth) they get these rates, otherwise the ends of its
    residual branches. rate: 0 leaves all as it is. All weights are kept. Returns the network, changed in place. Raises
    OptionError unless 0 <= rate < 1, or for a network without residual branches.
    """
    from timm.layers.drop import DropPath

    net: Any = module
    if not 0 <= rate < 1:
        raise OptionError(f"stochastic_depth: rate is from 0 to below 1, got {rate}.")
    own = places(net, lambda layer: True)
    found: Places = [(path, None) for path, _ in own if path.rsplit(".", 1)[-1] in NAMES]
    if not found:
        found = [(end.path, net.get_submodule(end.path)) for end in ends(net)]
    some(net, "stochastic_depth", "residual branch that can be told", found)
    for number, (path, old) in enumerate(found, 1):
        fresh = DropPath(rate * number / len(found))
        put(net, path, fresh if old is None else nn.Sequential(OrderedDict([("layer", old), ("drop_path", fresh)])))
    return done(net, "stochastic_depth", "branch", found)
