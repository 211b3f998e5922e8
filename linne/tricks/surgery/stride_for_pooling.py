"""stride_for_pooling: strides instead of pools (Springenberg et al. 2015, arXiv:1412.6806, section 3)."""

from typing import Any

import torch
from torch import nn

from ...core.errors import OptionError, nearest
from ._net import Call, done, picture, plain, put, some, still, watch

WAYS = ("convolution", "stride")


def stride_for_pooling(module: nn.Module, *, way: str = "convolution") -> nn.Module:
    """Pools that make maps smaller become strides. Returns the network, changed in place.

    way: "convolution" puts one in the pool's place, with its kernel and stride, which begins as the mean of each map
    (All-CNN; for a mean pool the results stay exactly). "stride" drops the pool and has the convolution before it take
    the pool's stride (Strided-CNN); the side may come out by one larger, so only where the network then still runs,
    and only pools of a row in which a convolution stands before norms and layers without weights. All other weights
    are kept; `surgery_notes` names maxima that are gone and pools that stay. Raises OptionError for another way or a
    network without such pools.
    """
    net: Any = module
    if way not in WAYS:
        raise OptionError(f"surgery 'stride_for_pooling' has no way {way!r}. {nearest(way, WAYS)}")
    calls = [call for call in watch(net) if _shrinks(call.module)]
    calls = list({call.path: call for call in calls}.values())
    before = {call.path: _before(net, call.path) for call in calls}
    left = [call.path for call in calls if (before[call.path] is None if way == "stride" else call.module.ceil_mode)]
    found = [call for call in calls if call.path not in left]
    some(net, "stride_for_pooling", f"pool that could become a {way}", found)
    notes = [f"{path} stays a pool" for path in left]
    for call in found:
        if way == "convolution":
            put(net, call.path, _mean(call))
        else:
            _stride(net, call, before[call.path])
        notes += [f"{call.path} was a maximum"] if isinstance(call.module, nn.MaxPool2d) else []
    return done(net, "stride_for_pooling", "pool", found, notes)


def _shrinks(layer: Any) -> bool:
    return type(layer) in (nn.MaxPool2d, nn.AvgPool2d) and max(_two(layer.stride)) > 1


def _two(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


@torch.no_grad()
def _mean(call: Call) -> nn.Module:
    old, channels = call.module, int(call.args[0].shape[1])
    side = _two(old.kernel_size)
    fresh = nn.Conv2d(channels, channels, side, _two(old.stride), _two(old.padding), bias=False)
    fresh.weight.zero_()
    fresh.weight[torch.arange(channels), torch.arange(channels)] = 1 / (side[0] * side[1])
    return fresh


def _before(net: Any, path: str) -> Any:
    """The convolution that a pool of a row follows, with nothing but norms and light layers between; None for none."""
    parent, _, name = path.rpartition(".")
    row = list(net.get_submodule(parent)._modules.items())
    for _, layer in reversed(row[: [key for key, _ in row].index(name)]):
        if plain(layer):
            return layer
        if layer is None or any(p.ndim > 1 for p in layer.parameters()):
            return None
    return None


def _stride(net: Any, call: Call, conv: Any) -> None:
    """Move the stride; raises OptionError, with everything of this pool as before, where the network does not run."""
    kept = conv.stride
    conv.stride = tuple(one * two for one, two in zip(kept, _two(call.module.stride), strict=True))
    put(net, call.path, nn.Identity())
    try:
        with still(net):
            net(picture(net))
    except RuntimeError as error:
        put(net, call.path, call.module)
        conv.stride = kept
        raise OptionError(
            f"surgery 'stride_for_pooling': {net.name} does not run with a stride in place of {call.path} "
            f"({str(error).splitlines()[0]}). Take way=convolution."
        ) from error
