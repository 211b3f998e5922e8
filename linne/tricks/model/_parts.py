"""Where a network can be cut: one picture is sent through it, and what lies on its way in a row becomes its parts.

Nothing is known of any architecture. A module, a method of the body, or a weightless function is a step when it takes
the one tensor that the step before it gave, and whatever else it takes does not depend on the picture. Residual sums,
branches and lists break a row, so a block stays whole. The composition is checked before it is handed out.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from ...core.errors import OptionError

METHODS = ("forward_features", "forward_head", "_pos_embed", "pool", "_pair")
FREE = {
    torch.flatten, Tensor.flatten, torch.relu, Tensor.relu, F.relu, F.relu6, F.gelu, F.silu, F.hardswish, torch.mean,
    Tensor.mean, torch.permute, Tensor.permute, F.adaptive_avg_pool2d, torch.squeeze, Tensor.squeeze, Tensor.contiguous,
}  # fmt: skip


@dataclass(eq=False)
class _Call:
    """One call: what, by which name, with what beside the tensor; where the tensor came from and went to."""

    name: str
    target: Any
    source: Any = None
    shape: tuple[int, ...] = ()
    extra: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
    result: Any = None
    first: bool = False
    inner: "list[_Call]" = field(default_factory=list)
    modules: dict[str, nn.Module] = field(default_factory=dict)
    parameters: dict[int, nn.Parameter] = field(default_factory=dict)


def parts(net: Any, channels: int, size: int) -> list[tuple[str, nn.Module]]:
    """[(name, module), ...] whose composition, from (B, channels, size, size), is `net.features`: single blocks.

    A convolution and what follows it without weights of more than one axis (norm, activation, pooling) are one part.
    The parts hold the network's own modules, no copies. Raises OptionError where the network cannot be cut.
    """
    place = next(net.parameters())
    row = torch.arange(2 * channels * size * size, device=place.device).reshape(2, channels, size, size)
    pictures = torch.sin(row * 0.37).to(place.dtype)
    with _still(net):
        steps = _open(_watch(net, pictures[:1].clone()), net)
        groups = list(_groups(steps))
        names = _unique([name for name, _ in groups])
        found = [(name, _module(calls)) for name, (_, calls) in zip(names, groups, strict=True)]
        if len(found) < 2:
            raise OptionError(f"{net.name} cannot be cut: its blocks do not follow one another in a row.")
        with torch.no_grad():
            x, whole = pictures.clone(), net.features(pictures.clone())
            for _, part in found:
                x = part(x)
        exact = torch.equal(x, whole)  # elsewhere than on a CPU the same call may take another way the second time
        if not exact and (place.is_cpu or (x - whole).abs().max() > 1e-3 * whole.abs().max()):
            raise OptionError(f"{net.name} cannot be cut: its parts in a row do not give its features.")
    return found


def _watch(net: Any, picture: Tensor) -> _Call:
    """The calls within `net.features(picture)`, as a tree."""
    watch = _Watch()
    with torch.enable_grad(), ExitStack() as stack:
        for name, module in net.body.named_modules():
            if name:
                for hook in (
                    module.register_forward_pre_hook(partial(watch.enter, name), with_kwargs=True),
                    module.register_forward_hook(watch.leave, with_kwargs=True),
                ):
                    stack.callback(hook.remove)
        for owner, name in product((net.body, net), METHODS):
            method = getattr(owner, name, None)
            if callable(method) and not isinstance(method, nn.Module):
                setattr(owner, name, partial(watch.method, name, method))
                stack.callback(delattr, owner, name)
        x = picture.requires_grad_() * 1
        stack.enter_context(watch)
        watch.push(_Call("", None), (x,), {})
        return watch.pop(net.features(x))


class _Watch(TorchFunctionMode):
    """Writes down who is called with which tensor; keeps every tensor, so that no two ever share an address."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[_Call] = []
        self.kept: list[Any] = []

    def push(self, call: _Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if args and isinstance(args[0], Tensor):
            call.source, call.shape = self._mark(args[0]), tuple(args[0].shape[1:])
        call.extra = (args[1:], {name: value for name, value in kwargs.items() if value is not None})
        self.stack.append(call)

    def pop(self, result: Any) -> _Call:
        call = self.stack.pop()
        if isinstance(result, tuple) and result and not any(_depends(other) for other in result[1:]):
            call.first, result = True, result[0]
        call.result = self._mark(result) if isinstance(result, Tensor) else None
        if self.stack:
            self.stack[-1].inner.append(call)
        return call

    def enter(self, name: str, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for outer in self.stack:
            outer.modules[name] = module
        self.push(_Call(name, module), args, kwargs)

    def leave(self, module: nn.Module, args: Any, kwargs: Any, result: Any) -> None:
        self.pop(result)

    def method(self, name: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.push(_Call(name, method), args, kwargs)
        result = method(*args, **kwargs)
        self.pop(result)
        return result

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for value in _flat(args):
            if isinstance(value, nn.Parameter):
                for outer in self.stack:
                    outer.parameters[id(value)] = value
        if func not in FREE or not args or not isinstance(args[0], Tensor):
            return func(*args, **(kwargs or {}))
        self.push(_Call(func.__name__, func), args, kwargs or {})
        result = func(*args, **(kwargs or {}))
        self.pop(result)
        return result

    def _mark(self, tensor: Tensor) -> tuple[int, int]:
        self.kept.append(tensor)
        return id(tensor), tensor._version


def _chain(call: _Call) -> list[_Call] | None:
    """The calls within one call, when each takes what the one before gave and the last gives the result."""
    at = call.source
    for step in call.inner:
        if at is None or step.source != at or any(_depends(value) for value in _flat(step.extra)):
            return None
        at = step.result
    return call.inner if at is not None and at == call.result and call.inner else None


def _open(call: _Call, net: Any) -> list[_Call]:
    """Blocks in a row: containers and methods are opened, blocks are not."""
    row = _chain(call)
    if row is None:
        raise OptionError(f"{net.name} cannot be cut: its blocks do not follow one another in a row.")
    return [
        small for step in row for small in (_open(step, net) if _opens(step) and _chain(step) is not None else [step])
    ]


def _opens(call: _Call) -> bool:
    """Whether a call is a container: a method, a plain Sequential, a stage of blocks, or a head that is partly used."""
    module = call.target
    if not isinstance(module, nn.Module):
        return getattr(module, "__self__", None) is not None and not isinstance(module.__self__, Tensor)
    if type(module) is nn.Sequential:
        return True
    lists = [child for child in module.children() if isinstance(child, (nn.Sequential, nn.ModuleList))]
    rows = [list(each.children()) for each in (module, *lists)]
    if any(row and all(_weights(block) >= 2 for block in row) for row in rows):
        return True
    used = set(map(id, [module, *call.modules.values()]))
    return any(id(child) not in used and next(child.parameters(False), None) is not None for child in module.modules())


def _weights(module: nn.Module) -> int:
    """How many layers with weights of more than one axis a module holds."""
    return sum(any(p.ndim > 1 for p in child.parameters(False)) for child in module.modules())


def _groups(steps: list[_Call]) -> Iterator[tuple[str, list[_Call]]]:
    """Steps by part: a block alone; a single layer with the light ones around it."""
    group: list[_Call] = []
    heavy = False
    for step in steps:
        count = _weights(step.target) if isinstance(step.target, nn.Module) else 0
        if group and (count > 1 or (count == 1 and heavy)):
            yield "+".join(call.name for call in group), group
            group, heavy = [], False
        if count > 1:
            yield step.name, [step]
        else:
            group.append(step)
            heavy = heavy or count == 1
    if group:
        yield "+".join(call.name for call in group), group


def _unique(names: list[str]) -> list[str]:
    """The names, a number behind those that came before."""
    before = [names[:at].count(name) for at, name in enumerate(names)]
    return [f"{name}.{count + 1}" if count else name for name, count in zip(names, before, strict=True)]


def _module(calls: list[_Call]) -> nn.Module:
    made = [call.target if _plain(call) else _Step(call) for call in calls]
    return made[0] if len(made) == 1 else nn.Sequential(*made)


def _plain(call: _Call) -> bool:
    return isinstance(call.target, nn.Module) and not call.first and call.extra == ((), {})


class _Step(nn.Module):
    """A call that is more than `module(x)`: a method with its modules and parameters, or a call with constants."""

    def __init__(self, call: _Call) -> None:
        super().__init__()
        self.run, self.extra, self.first = call.target, call.extra, call.first
        sized = any(isinstance(v, (Tensor, int)) and not isinstance(v, bool) for v in _flat(call.extra))
        self.shape = call.shape if sized and isinstance(call.target, nn.Module) else ()
        self.title = call.name
        if not isinstance(call.target, nn.Module):
            self.held = nn.ParameterList(call.parameters.values())

    def extra_repr(self) -> str:
        return self.title

    def forward(self, x: Tensor) -> Tensor:
        if self.shape and tuple(x.shape[1:]) != self.shape:
            raise OptionError(f"{self.title} was cut for inputs of {self.shape}, got {tuple(x.shape[1:])}.")
        args, kwargs = tree_map(lambda value: value.to(x.device) if isinstance(value, Tensor) else value, self.extra)
        result = self.run(x, *args, **kwargs)
        return result[0] if self.first else result


def _depends(value: Any) -> bool:
    """Whether a value may depend on the picture (or on weights): a tensor with a gradient, or something unknown."""
    if isinstance(value, Tensor):
        return value.requires_grad
    return not isinstance(value, (bool, int, float, str, type(None)))


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, (tuple, list)):
        for each in value:
            yield from _flat(each)
    elif isinstance(value, dict):
        yield from _flat(list(value.values()))
    else:
        yield value


@contextmanager
def _still(net: nn.Module) -> Iterator[None]:
    """In evaluation, every parameter with a gradient; afterwards as it was."""
    modes = [(module, module.training) for module in net.modules()]
    wanted = [(p, p.requires_grad) for p in net.parameters()]
    try:
        net.eval()
        for p, _ in wanted:
            p.requires_grad_(True)
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        for p, grad in wanted:
            p.requires_grad_(grad)
