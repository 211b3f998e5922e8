"""depthwise: a filter for each channel, then a mix of channels (Chollet 2017; Guo et al. 2018, arXiv:1808.05517)."""

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import OptionError
from ._net import done, places, put, some, spatial


def depthwise(module: nn.Module, *, terms: int = 1, last: int = 0) -> nn.Module:
    """Every convolution over places becomes a depth-wise and a point-wise one: the nearest such pair to its weights.

    Nearest by squares: for each input channel the first singular vectors of its (outputs, places) matrix (Eckart and
    Young 1936). terms: filters for each channel; as many as the kernel has places (or outputs, if fewer) give the
    convolution exactly. last: only so many convolutions, 0 for all. `surgery_notes` says for each which share of its
    weights' square is lost. Returns the network, changed in place. Raises OptionError for terms below 1 or above what
    any kernel has, or a network without such convolutions.
    """
    net: Any = module
    found = places(net, lambda layer: spatial(layer) and layer.groups == 1 and layer.in_channels > 1, last)
    some(net, "depthwise", "convolution of one group over places", found)
    most = max(old.kernel_size[0] * old.kernel_size[1] for _, old in found)
    if not 1 <= terms <= most:
        raise OptionError(f"depthwise: terms is from 1 to {most}, the places of the largest kernel, got {terms}.")
    notes = []
    for path, old in found:
        fresh, lost = _pair(old, terms)
        put(net, path, fresh)
        notes += [f"{path} loses {lost:.0%} of its weights' square"] if lost > 1e-6 else []
    return done(net, "depthwise", "convolution", found, notes)


@torch.no_grad()
def _pair(old: Any, terms: int) -> tuple[nn.Module, float]:
    """(depth-wise then point-wise, the share of the weights' square that they leave out)."""
    out, inside, *kernel = old.weight.shape
    rows, values, columns = torch.linalg.svd(old.weight.permute(1, 0, 2, 3).reshape(inside, out, -1).double(), False)
    terms = min(terms, values.shape[1])
    root = values[:, :terms].sqrt()
    shape: Any = (inside, inside * terms, old.kernel_size, old.stride, old.padding, old.dilation, inside)
    depth, point = type(old)(*shape, bias=False), nn.Conv2d(inside * terms, out, 1, bias=old.bias is not None)
    depth.padding_mode = old.padding_mode
    depth._reversed_padding_repeated_twice = old._reversed_padding_repeated_twice
    filters: Tensor = columns[:, :terms] * root[:, :, None]
    depth.weight = nn.Parameter(filters.reshape(inside * terms, 1, *kernel).to(old.weight))
    mixing: Tensor = (rows[:, :, :terms] * root[:, None]).permute(1, 0, 2)
    point.weight, point.bias = nn.Parameter(mixing.reshape(out, inside * terms, 1, 1).to(old.weight)), old.bias
    whole = float(values.square().sum())
    lost = float(values[:, terms:].square().sum()) / whole if whole else 0.0
    return nn.Sequential(OrderedDict([("depth", depth), ("point", point)])), lost
