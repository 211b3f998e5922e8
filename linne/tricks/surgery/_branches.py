"""Where residual branches end: found by trying, since no architecture says so itself.

The end of a branch is a module of a block whose output comes out of the block again, plus something that still depends
on what went in: a shortcut. Any norm, gate or dropped path that ends the branch is found so, whatever its name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ._net import Call, cut, some, spatial, still, watch

SHORTCUTS = ("downsample", "shortcut", "skip", "proj", "skipconv")
LARGE = 1000.0
"""So large that every activation after the sum lets it through as it is."""


@dataclass(frozen=True, eq=False)
class End:
    """The last module of a branch, or a convolution: its path, and its block's ("" for none); shape: of its output."""

    path: str
    block: str
    shape: tuple[int, ...]


def ends(net: Any) -> list[End]:
    """The end of the (last) branch of every residual block, in the order in which they run."""
    calls, found = watch(net), []
    head = {id(part) for part in net.head.modules()}
    with still(net):
        for at, call in enumerate(calls):
            inside = _inside(calls, at)
            if _block(call) and id(call.module) not in head and not any(_within(end.path, call.path) for end in found):
                end = next((one for one in reversed(inside) if _ends(call, one)), None)
                if end is not None:
                    found.append(End(end.path, call.path, tuple(end.out.shape)))
    return found


def spots(net: Any, name: str, last: int = 0) -> list[End]:
    """Where a layer on maps (B, C, H, W) is put: behind every residual branch; in a network that has none, behind every
    convolution of more than one place. The last so many, 0 for all; raises OptionError where there is neither."""
    found = [end for end in ends(net) if len(end.shape) == 4 and _channels_first(net, end)]
    if not found:
        kept = [call for call in watch(net) if spatial(call.module) and len(call.out.shape) == 4]
        found = [End(call.path, "", tuple(call.out.shape)) for call in kept]
    some(net, name, "residual branch and no convolution of more than one place", found)
    return cut(found, last)


def _block(call: Call) -> bool:
    """Whether a call may be a block's: of a module with layers in it, from a tensor to a tensor."""
    whole = call.args and isinstance(call.args[0], Tensor) and isinstance(call.out, Tensor)
    row = isinstance(call.module, (nn.Sequential, nn.ModuleList))
    return bool(whole) and not row and sum(any(True for _ in p.parameters(False)) for p in call.module.modules()) > 1


def _within(path: str, block: str) -> bool:
    return path.startswith(f"{block}.")


def _inside(calls: list[Call], at: int) -> list[Call]:
    """The calls within one call: those before it, below its path."""
    return [call for call in calls[:at] if _within(call.path, calls[at].path)]


def _ends(block: Call, end: Call) -> bool:
    """Whether what `end` gives is added to something that depends on what goes into the block."""
    below = end.path[len(block.path) + 1 :].split(".")
    if not isinstance(end.out, Tensor) or end.out.shape != block.out.shape or set(below) & set(SHORTCUTS):
        return False
    x = block.args[0]
    base, more = _given(block, end, x, LARGE), _given(block, end, x, LARGE + 1)
    other = _given(block, end, x + torch.sin(torch.arange(x.numel(), device=x.device)).view_as(x).to(x.dtype), LARGE)
    if base is None or more is None or other is None:
        return False
    added = bool(((more - base - 1).abs() < 0.02).all())
    return added and bool((other - base).abs().max() > 1e-3)


def _given(block: Call, end: Call, x: Tensor, value: float) -> "Tensor | None":
    """What the block gives for x while `end` gives nothing but `value`; None where it fails on that."""
    hook = end.module.register_forward_hook(lambda module, args, out: torch.full_like(out, value))
    try:
        return block.module(x.clone(), *block.args[1:], **block.kwargs).float()
    except RuntimeError:  # a module that is called twice, on maps of other sizes
        return None
    finally:
        hook.remove()


def _channels_first(net: Any, end: End) -> bool:
    """Whether maps are (B, C, H, W): layer norms of the block are over its last axis where they are not."""
    parts: Iterator[Any] = net.get_submodule(end.block).modules()
    over = {part.normalized_shape[-1] for part in parts if type(part) is nn.LayerNorm}
    return not over or end.shape[1] in over or end.shape[3] not in over
