"""The global pool that ends a body, and features of another length in its place."""

from typing import Any

import torch
from torch import nn

from ...core.errors import OptionError
from ._net import Call, picture, places, put, some, still, watch


def kind(layer: Any) -> str:
    """What a global pool of torch, timm or ours takes: average, max or both, or its own word; "" for anything else."""
    if type(layer) in (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d):
        name = "average" if type(layer) is nn.AdaptiveAvgPool2d else "max"
        return name if layer.output_size in (1, (1, 1)) else ""
    known = {"FastAdaptiveAvgPool": "average", "FastAdaptiveMaxPool": "max", "FastAdaptiveAvgMaxPool": "both"}
    found = getattr(layer, "pools", known.get(type(layer).__name__, ""))
    return found if isinstance(found, str) else ""


def last_pool(net: Any, name: str, to: str) -> tuple[Call, tuple[int, ...], bool]:
    """(its call, the axes that it pools, whether it keeps them as 1); raises OptionError where none but `to` is."""
    allowed = {id(layer) for _, layer in places(net, lambda layer: bool(kind(layer)))}
    found = [call for call in watch(net) if id(call.module) in allowed][-1:]
    some(net, name, f"global pool at its end that is not {to} already", [c for c in found if kind(c.module) != to])
    call = found[0]
    return call, tuple(getattr(call.module, "dim", (2, 3))), call.out.dim() == call.args[0].dim()


def widen(net: Any, name: str, call: Call, fresh: nn.Module, width: int, head: nn.Module) -> None:
    """Put a pool in place that gives `width` features, and the head that takes them.

    Raises OptionError, with everything as before, where something between pool and head wants the old length.
    """
    kept = net.width
    put(net, call.path, fresh)
    try:
        with still(net):
            found = tuple(net.features(picture(net)).shape)
    except RuntimeError:
        found = ()
    if found != (1, width):
        put(net, call.path, call.module)
        raise OptionError(
            f"surgery {name!r}: between its global pool and its head {net.name} wants {kept} features, not {width}. "
            "Take pooling(gem) or pooling(both), which keep their number."
        )
    net.width = width
    behead(net, head)


def behead(net: Any, head: nn.Module) -> None:
    """Set another head; timm makes its global pool anew when its classifier goes, so ours is put back."""
    like, pools = next(net.parameters()), places(net, lambda layer: bool(kind(layer)))
    net.head = head.to(device=like.device, dtype=like.dtype).train(net.head.training)
    for path, layer in pools:
        if net.get_submodule(path) is not layer:
            put(net, path, layer)


def outputs(net: Any, name: str) -> int:
    """How many classes the head tells apart; raises OptionError where it does not say so."""
    found = int(getattr(net.head, "out_features", 0))
    if not found:
        raise OptionError(f"surgery {name!r} makes a new head, and {net.name}'s does not say for how many classes.")
    return found


@torch.no_grad()
def doubled(head: Any) -> nn.Linear:
    """A linear head for twice the features that gives the second half no weight yet."""
    fresh = nn.Linear(2 * head.in_features, head.out_features, head.bias is not None)
    fresh.weight.copy_(torch.cat([head.weight, torch.zeros_like(head.weight)], 1))
    if head.bias is not None:
        fresh.bias.copy_(head.bias)
    return fresh
