"""blur_pool: blur before maps are halved, so that small shifts change little (Zhang 2019, arXiv:1904.11486)."""

from collections import OrderedDict
from typing import Any

from torch import nn

from ...core.errors import OptionError
from ._net import done, places, plain, put, some, watch


def blur_pool(module: nn.Module, *, taps: int = 3, stem: bool = False) -> nn.Module:
    """Max pools and convolutions of stride 2 go by 1, and a binomial blur halves the side instead (timm's BlurPool2d).

    A convolution of one place is blurred before it, others behind them: a module does not know which activation
    follows, behind which the paper blurs. taps: of the blur, 3 ([1, 2, 1] / 4) or more, odd. stem: whether the first
    convolution, whose maps are the largest, too; the paper leaves it. Edges are mirrored, or repeated where a map is
    too small for that. Sides come out as before and all weights are kept. Pools whose side rounds up are left, and
    named in `surgery_notes`. Returns the network, changed in place. Raises OptionError for other taps or a network that
    halves nothing so.
    """
    net: Any = module
    if taps < 3 or taps % 2 == 0:
        raise OptionError(f"blur_pool: taps is odd and 3 or more, got {taps}.")
    first = next((path for path, _ in places(net, lambda layer: isinstance(layer, nn.Conv2d))), "")
    found = [
        (path, old) for path, old in places(net, _halves) if stem or path != first or isinstance(old, nn.MaxPool2d)
    ]
    left = [path for path, old in found if getattr(old, "ceil_mode", False)]
    found = [(path, old) for path, old in found if path not in left]
    some(net, "blur_pool", "max pool or convolution of stride 2", found)
    sides = {call.path: min(call.out.shape[2:]) for call in watch(net) if _halves(call.module)}
    for path, old in found:
        small = 2 * sides.get(path, taps) - 1 <= taps // 2  # a map cannot be mirrored further than it is wide
        put(net, path, _blurred(old, taps, "replicate" if small else "reflect"))
    return done(net, "blur_pool", "stride", found, [f"{path} rounds its side up and stays" for path in left])


def _halves(layer: Any) -> bool:
    pooled = type(layer) is nn.MaxPool2d and layer.dilation in (1, (1, 1))
    return (pooled or plain(layer)) and layer.stride in (2, (2, 2))


def _blurred(old: Any, taps: int, edge: str) -> nn.Module:
    from timm.layers.blur_pool import BlurPool2d

    if isinstance(old, nn.MaxPool2d):
        most = nn.MaxPool2d(old.kernel_size, 1, old.padding)
        return nn.Sequential(OrderedDict([("pool", most), ("blur", BlurPool2d(None, taps, pad_mode=edge))]))
    one = max(old.kernel_size) == 1
    blur = BlurPool2d(old.in_channels if one else old.out_channels, taps, pad_mode=edge)
    old.stride = (1, 1)
    return nn.Sequential(OrderedDict([("blur", blur), ("conv", old)] if one else [("conv", old), ("blur", blur)]))
