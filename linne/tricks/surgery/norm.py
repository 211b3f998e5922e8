"""norm: another normalisation in a network (Ba et al. 2016; Ulyanov et al. 2016; Wu and He 2018, arXiv:1803.08494)."""

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from ...core.errors import OptionError, nearest
from ._net import Places, done, places, put, some

KINDS = ("batch", "layer", "instance", "group", "frozen", "standardised")


def norm(module: nn.Module, *, to: str = "group", groups: int = 32) -> nn.Module:
    """Every norm over maps before the head becomes `to`; scales and shifts are kept. Returns the network, in place.

    to: "batch"; "layer" (all maps of a picture together); "instance" (each map by itself); "group" (`groups` maps
    together, or the largest number up to it that divides them); "frozen" (batch norms that keep what they know, learn
    nothing, and act alike in training and evaluation); "standardised", which leaves the norms and standardises every
    convolution's weights over what feeds one output (Qiao et al. 2019, arXiv:1903.10520: made for group norms). Norms
    over all processes are the run's `synchronise`. Running averages that a new norm has no place for, and scales of
    standardised weights, are lost; `surgery_notes` names them. Layer norms of tokens stay. Raises OptionError for
    another name, groups that have no effect, or a network without such norms.
    """
    net: Any = module
    if to not in KINDS:
        raise OptionError(f"surgery 'norm' has no {to!r}. {nearest(to, KINDS)}")
    if groups < 1 or (groups != 32 and to != "group"):
        raise OptionError(f"norm(to={to}, groups={groups}): groups is at least 1, and only group norms have it.")
    if to == "standardised":
        return _standardise(net)
    found = places(net, lambda layer: _fits(layer, to, groups))
    some(net, "norm", f"norm over maps that is not {to} already", found)
    for path, old in found:
        put(net, path, _make(old, to, groups))
    return done(net, "norm", "norm", found, _lost(found, to))


def _is_norm(layer: nn.Module) -> bool:
    known = isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm, nn.GroupNorm, nn.InstanceNorm2d))
    return known or type(layer).__name__ in ("FrozenBatchNorm2d", "LayerNorm2d")


def _fits(layer: Any, to: str, groups: int) -> bool:
    """Whether a layer is a norm that can become `to`, and is not."""
    if not _is_norm(layer):
        return False
    own = getattr(layer, "num_groups", 0)
    return {
        "batch": not isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm)),
        "layer": own != 1,
        "group": own == 0 or own != _divisor(_width(layer), groups),
        "instance": not isinstance(layer, (nn.InstanceNorm2d, nn.BatchNorm1d)),
        "frozen": isinstance(layer, nn.BatchNorm2d) and layer.running_mean is not None,
    }[to]


def _width(old: Any) -> int:
    for name in ("num_features", "num_channels"):
        if hasattr(old, name):
            return int(getattr(old, name))
    return int(old.normalized_shape[0]) if hasattr(old, "normalized_shape") else len(old.weight)


def _divisor(width: int, groups: int) -> int:
    return max(count for count in range(1, groups + 1) if width % count == 0)


@torch.no_grad()
def _make(old: Any, to: str, groups: int) -> nn.Module:
    from torchvision.ops import FrozenBatchNorm2d

    width, scaled = _width(old), getattr(old, "weight", None) is not None
    fresh: Any = {
        "batch": lambda: nn.BatchNorm2d(width, old.eps, affine=scaled),
        "layer": lambda: nn.GroupNorm(1, width, old.eps, affine=scaled),
        "group": lambda: nn.GroupNorm(_divisor(width, groups), width, old.eps, affine=scaled),
        "instance": lambda: nn.InstanceNorm2d(width, old.eps, affine=scaled),
        "frozen": lambda: FrozenBatchNorm2d(width, old.eps),
    }[to]()
    for name in ("weight", "bias", "running_mean", "running_var"):
        if getattr(old, name, None) is not None and getattr(fresh, name, None) is not None:
            getattr(fresh, name).copy_(getattr(old, name))
    if not hasattr(old, "act"):
        return fresh
    return nn.Sequential(OrderedDict([("norm", fresh), ("drop", old.drop), ("act", old.act)]))  # timm's norm with both


def _lost(found: Places, to: str) -> list[str]:
    if to in ("frozen", "batch"):
        return []
    return [
        f"{path} loses its running averages" for path, old in found if getattr(old, "running_mean", None) is not None
    ]


def _standard(layer: Any) -> bool:
    zeros = type(layer) is nn.Conv2d and layer.padding_mode == "zeros"
    return zeros and layer.weight[0].numel() > 1  # a single number has no spread


def _standardise(net: Any) -> Any:
    from timm.layers.std_conv import StdConv2d

    found = places(net, _standard)
    some(net, "norm", "convolution whose weights could be standardised", found)
    for path, old in found:
        shape = (old.in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, old.dilation, old.groups)
        fresh = StdConv2d(*shape, bias=old.bias is not None)
        fresh.weight, fresh.bias = old.weight, old.bias
        put(net, path, fresh)
    return done(net, "norm", "convolution", found, [f"{path} loses the scale of its weights" for path, _ in found])
