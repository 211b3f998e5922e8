"""group: convolutions whose channels see their own group alone (Xie et al. 2017, arXiv:1611.05431, ResNeXt)."""

from typing import Any

import torch
from torch import nn

from ...core.errors import OptionError
from ._net import done, places, put, some, spatial


def group(module: nn.Module, *, groups: int = 2, last: int = 0) -> nn.Module:
    """Convolutions over places, of one group so far and with channels that `groups` divides, get so many groups.

    Weights within a group are kept as they are, those between groups are gone: `surgery_notes` says for each
    convolution what share of its weights' square that was. groups: 1 changes nothing. last: only so many convolutions,
    0 for all. Returns the network, changed in place. Raises OptionError for groups below 1, or a network without such
    convolutions.
    """
    net: Any = module
    if groups < 1:
        raise OptionError(f"group: groups is at least 1, got {groups}.")
    found = places(net, lambda layer: _fits(layer, groups), last)
    some(net, "group", f"convolution of one group whose channels {groups} divides", found)
    notes = []
    for path, old in found:
        fresh, gone = _grouped(old, groups)
        put(net, path, fresh)
        notes += [f"{path} loses {gone:.0%} of its weights' square"] if gone > 1e-6 else []
    return done(net, "group", "convolution", found, notes)


def _fits(layer: Any, groups: int) -> bool:
    return spatial(layer) and layer.groups == 1 and layer.in_channels % groups == layer.out_channels % groups == 0


@torch.no_grad()
def _grouped(old: Any, groups: int) -> tuple[nn.Module, float]:
    """(the convolution with groups, the share of its weights' square that is gone)."""
    shape = (old.in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, old.dilation, groups)
    fresh = type(old)(*shape, bias=old.bias is not None)
    fresh.padding_mode, fresh.bias = old.padding_mode, old.bias
    inside, out = old.in_channels // groups, old.out_channels // groups
    kept = [old.weight[k * out : (k + 1) * out, k * inside : (k + 1) * inside] for k in range(groups)]
    fresh.weight = nn.Parameter(torch.cat(kept).clone(), old.weight.requires_grad)
    whole = float(old.weight.square().sum())
    return fresh, 1 - float(fresh.weight.square().sum()) / whole if groups > 1 and whole else 0.0
