"""convolutional_head: linear layers on a flattened map become convolutions (Long et al. 2015, arXiv:1411.4038)."""

from typing import Any

import torch
from torch import nn

from ...core.errors import OptionError
from ._net import done, some, watch


def convolutional_head(module: nn.Module) -> nn.Module:
    """A network that flattens its last map takes any larger picture: at its own side its results are as before.

    The linear layer behind the flattening becomes a convolution of the whole map, those that follow ones of 1 x 1, and
    features are the mean over the places at which they fit; all weights are kept under their names. Looked for are a
    flattening and linear layers in one row (nn.Sequential), with norms of one axis and layers without weights between.
    Returns the network, changed in place. Raises OptionError where there is no such row: a network that ends in a
    global pool takes any side already.
    """
    net: Any = module
    found = [call for call in watch(net) if type(call.module) is nn.Flatten and _row(net, call.path)]
    some(
        net,
        "convolutional_head",
        "linear layer behind a flattened map in one row (a global pool takes any side)",
        found,
    )
    row, at = _split(net, found[-1].path)
    channels, *kernel = found[-1].args[0].shape[1:]
    if len(kernel) != 2:
        raise OptionError(f"surgery 'convolutional_head': {net.name} flattens {(channels, *kernel)}, no map (C, H, W).")
    row[at] = nn.Identity().train(row.training)
    for place in range(at + 1, len(row)):
        if isinstance(row[place], nn.Linear):
            row[place] = _conv(row[place], channels, kernel)
            channels, kernel = row[place].out_channels, [1, 1]
        elif isinstance(row[place], nn.BatchNorm1d):
            row[place] = _norm(row[place])
    row.add_module("mean", nn.AdaptiveAvgPool2d(1).train(row.training))
    row.add_module("flatten", nn.Flatten().train(row.training))
    return done(net, "convolutional_head", "row", found)


def _split(net: Any, path: str) -> tuple[Any, int]:
    """(the row that holds a layer, its place there)."""
    parent, _, name = path.rpartition(".")
    row = net.get_submodule(parent)
    return row, list(row._modules).index(name)


def _row(net: Any, path: str) -> bool:
    """Whether a flattening stands in a row in which linear layers follow, and no weights but theirs and of norms."""
    row, at = _split(net, path)
    if type(row) is not nn.Sequential:
        return False
    after = list(row)[at + 1 :]
    known = (nn.Linear, nn.BatchNorm1d)
    linear = [part for part in after if isinstance(part, nn.Linear)]
    weights = [part for part in after if not isinstance(part, known) and any(True for _ in part.parameters())]
    return bool(linear) and not weights


@torch.no_grad()
def _conv(old: Any, channels: int, kernel: list[int]) -> nn.Module:
    fresh = nn.Conv2d(channels, old.out_features, tuple(kernel), bias=old.bias is not None)  # type: ignore[arg-type]
    fresh.weight = nn.Parameter(old.weight.reshape(old.out_features, channels, *kernel))
    fresh.bias = old.bias
    return fresh.train(old.training)


def _norm(old: Any) -> nn.Module:
    fresh = nn.BatchNorm2d(old.num_features, old.eps, old.momentum, old.affine, old.track_running_stats)
    for value in old.state_dict().values():
        fresh.to(device=value.device, dtype=value.dtype if value.is_floating_point() else None)
    fresh.load_state_dict(old.state_dict())
    return fresh.train(old.training)
