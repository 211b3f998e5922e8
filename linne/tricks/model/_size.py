"""Which sides a network takes: tried, because no architecture says so itself."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ...core.errors import OptionError


def fits(net: Any, size: int, make: Callable[[int], nn.Module]) -> None:
    """Send one empty picture through a network. Raises OptionError with the nearest sides that it takes.

    make: builds the same network for a side (on PyTorch's meta device, so without memory), to try others.
    """
    why = _fault(net, size, next(net.parameters()).device)
    if not why:
        return
    step = _patch(net) or 32
    near = [found for found in (_next(make, size, step, -1), _next(make, size, step, 1)) if found]
    said = " or ".join(map(str, near)) or "none that was tried"
    raise OptionError(f"{net.name} does not take pictures of {size} px ({why}); the nearest that it takes: {said} px.")


def _fault(net: Any, size: int, device: torch.device) -> str:
    """Why a network does not take a side, "" where it does."""
    patch = _patch(net)
    if patch and size % patch:
        return f"its patches are {patch} px"
    training = net.training
    try:
        with torch.no_grad():
            found = net.eval().features(torch.zeros(1, net.channels, size, size, device=device))
    except (RuntimeError, ValueError, AssertionError, ZeroDivisionError) as error:
        return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    finally:
        net.train(training)
    return "" if found.shape == (1, net.width) else f"its features become {tuple(found.shape)}"


def _patch(net: Any) -> int:
    """The side of the patches that a picture is cut into, 0 where it is not."""
    given = getattr(getattr(net.body, "patch_embed", None), "patch_size", 0)
    return int(given[0] if isinstance(given, (tuple, list)) else given or 0)


def _next(make: Callable[[int], nn.Module], size: int, step: int, way: int) -> int:
    """The nearest multiple of `step` on one side of `size` that the network takes, within 16 tries; 0 for none."""
    first = size // step if way < 0 else -(-size // step)
    for number in range(first, first + 16 * way, way):
        side = number * step
        if side < 8 or side == size:
            continue
        try:
            with torch.device("meta"):
                net = make(side)
        except Exception:  # whatever a library raises for a side that it does not take
            continue
        if not _fault(net, side, torch.device("meta")):
            return side
    return 0
