"""What the surgeries share: where a network's layers stand, how one takes another's place, and what is said of it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import OptionError

Places = list[tuple[str, Any]]


WITHIN = {"attn", "offset"}
"""What stands below these is a gate's, or finds offsets: no layer of the network itself."""


def places(net: Any, fits: Callable[[Any], bool], last: int = 0) -> Places:
    """[(path, layer)] outside the head for which `fits`, in the order of their making; the last so many, 0 for all."""
    head = {id(part) for part in net.head.modules()}
    own = [(path, part) for path, part in net.named_modules() if path and not WITHIN & set(path.split("."))]
    return cut([(path, part) for path, part in own if id(part) not in head and fits(part)], last)


def cut(found: list[Any], last: int) -> list[Any]:
    """The last so many, 0 for all; raises OptionError for a `last` below 0."""
    if last < 0:
        raise OptionError(f"A surgery of the last {last} layers: give a number from 1, or 0 for all.")
    return found[-last:] if last else found


def plain(layer: Any) -> bool:
    """Whether this is torch's own convolution, or timm's with padding as TensorFlow has it; no other kind of its."""
    return type(layer) is nn.Conv2d or type(layer).__name__ == "Conv2dSame"


def spatial(layer: Any) -> bool:
    """Whether this is a plain convolution that sees more than one place."""
    return plain(layer) and max(layer.kernel_size) > 1


def linear(layer: Any) -> bool:
    """Whether this is torch's own linear layer, or timm's of the same name; no layer with more in it."""
    return isinstance(layer, nn.Linear) and type(layer).__name__ == "Linear"


def put(net: Any, path: str, fresh: nn.Module) -> None:
    """Put a module in the place of the one at `path`, and wherever else the network holds that one."""
    old, like = net.get_submodule(path), next(net.parameters())
    fresh.to(device=like.device, dtype=like.dtype)
    fresh.train(old.training)
    for parent in list(net.modules()):
        for name, child in parent._modules.items():
            if child is old:
                parent._modules[name] = fresh


def done(net: Any, name: str, what: str, found: "Iterable[Any]", notes: Iterable[str] = ()) -> Any:
    """The network, what could not be kept added to its `surgery_notes`; raises OptionError where nothing was found."""
    some(net, name, what, found)
    net.surgery_notes = [*getattr(net, "surgery_notes", []), *(f"{name}: {note}" for note in notes)]
    return net


def some(net: Any, name: str, what: str, found: Iterable[Any]) -> None:
    """Raises OptionError where a surgery finds nothing to change."""
    if not list(found):
        raise OptionError(f"surgery {name!r} finds nothing to change: {net.name} has no {what}.")


@dataclass(eq=False)
class Call:
    """One call of a module: with what, and what it gave."""

    path: str
    module: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any


@contextmanager
def still(net: nn.Module) -> Iterator[None]:
    """In evaluation and without gradients; afterwards as it was."""
    modes = [(part, part.training) for part in net.modules()]
    try:
        net.eval()
        with torch.no_grad():
            yield
    finally:
        for part, mode in modes:
            part.training = mode


def watch(net: Any) -> list[Call]:
    """The calls of modules, by when they ended, that one picture of the network's own side makes on its way."""
    calls: list[Call] = []

    def note(path: str, module: Any, args: Any, kwargs: Any, out: Any) -> None:
        kept = tuple(one.clone() if isinstance(one, Tensor) else one for one in args)  # later layers may write into it
        calls.append(Call(path, module, kept, kwargs, out.clone() if isinstance(out, Tensor) else out))

    with still(net), ExitStack() as stack:
        for path, part in net.named_modules():
            if path:
                hook = part.register_forward_hook(partial(note, path), with_kwargs=True)
                stack.callback(hook.remove)
        net.features(picture(net))
    return calls


def picture(net: Any) -> Tensor:
    """(1, channels, side, side): waves, so that no map of it is flat."""
    size, like = int(net.preprocess["size"]), next(net.parameters())
    row = torch.arange(net.channels * size * size, device=like.device).reshape(1, net.channels, size, size)
    return torch.sin(row * 0.37).to(like.dtype)
