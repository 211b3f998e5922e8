"""activation: other activations in a network, by name (Maas et al. 2013; Clevert et al. 2016; Misra 2019; others)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ...core.errors import OptionError, nearest
from ._net import done, picture, places, put, some, still

MADE: dict[str, Any] = {
    "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "celu": nn.CELU, "relu": nn.ReLU, "relu6": nn.ReLU6,
    "leaky_relu": nn.LeakyReLU, "prelu": nn.PReLU, "rrelu": nn.RReLU, "elu": nn.ELU, "selu": nn.SELU, "gelu": nn.GELU,
    "silu": nn.SiLU, "mish": nn.Mish, "softplus": nn.Softplus, "hardsigmoid": nn.Hardsigmoid, "hardtanh": nn.Hardtanh,
    "hardswish": nn.Hardswish, "hardmish": None, "identity": nn.Identity,
}  # fmt: skip
SAME = {"swish": "silu", "hswish": "hardswish", "hsigmoid": "hardsigmoid", "leakyrelu": "leaky_relu"}
GATES = ("gate", "scale_activation")
"""What timm and torchvision call the function that opens a gate: no activation of the network."""
TORCH = {"relu", "relu_", "relu6", "gelu", "silu", "hardswish", "leaky_relu", "elu", "mish", "selu", "celu", "prelu"}


def activation(module: nn.Module, *, to: str = "silu", slope: float | None = None) -> nn.Module:
    """Every activation before the head becomes `to`; all weights are kept. Returns the network, changed in place.

    to: sigmoid, tanh, celu, relu, relu6, leaky_relu, prelu (a slope learned per place), rrelu (a random one while it
    learns), elu, selu, gelu, silu (swish), mish, softplus, hardsigmoid, hardtanh, hardswish, hardmish, or identity.
    slope: below 0, of leaky_relu (0.01) and where prelu begins (0.25); 0 is relu. Gates of attention stay as they are.
    Activations that a block calls as functions cannot be reached: `surgery_notes` names such blocks. Raises OptionError
    for another name, a slope for others, or a network without other activations.
    """
    net: Any = module
    name = SAME.get(to.lower().replace("-", "_"), to.lower())
    if name not in MADE:
        raise OptionError(f"surgery 'activation' has no {to!r}. {nearest(to, MADE)}")
    if slope is not None and name not in ("leaky_relu", "prelu"):
        raise OptionError(f"activation(to={name}, slope={slope}): only leaky_relu and prelu have a slope.")
    found = [(path, old) for path, old in places(net, _is_activation) if path.rsplit(".", 1)[-1] not in GATES]
    fresh = [(path, old, _make(name, slope, old)) for path, old in found]
    fresh = [(path, new) for path, old, new in fresh if type(old) is not type(new) or slope is not None]
    some(net, "activation", f"activation but {name}" if found else "activation that is a module", fresh)
    called = _functions(net)
    for path, new in fresh:
        put(net, path, new)
    return done(net, "activation", "activation", fresh, [f"{path} calls {word} as a function" for path, word in called])


def _is_activation(layer: nn.Module) -> bool:
    """By its class's name: timm has classes of its own (Swish, SwishMe, HardMishMe, ...)."""
    word = type(layer).__name__.lower().removesuffix("me").replace("_", "")
    return SAME.get(word, word) in {name.replace("_", "") for name in MADE} - {"identity"} or word in (
        "gelutanh", "quickgelu", "leakyrelu",
    )  # fmt: skip


def _make(name: str, slope: float | None, old: nn.Module) -> nn.Module:
    if name == "hardmish":
        from timm.layers.activations import HardMish

        return HardMish()
    if name == "prelu":
        return nn.PReLU(init=0.25 if slope is None else slope)
    if name == "leaky_relu" and slope is not None:
        return nn.LeakyReLU(slope)
    return MADE[name]()


class _Names(TorchFunctionMode):
    """Writes down which module calls an activation as a function."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, nn.Module]] = []
        self.found: dict[tuple[str, str], None] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        word = getattr(func, "__name__", "")
        if word in TORCH and self.stack and not _is_activation(self.stack[-1][1]):
            self.found[self.stack[-1][0], word] = None
        return func(*args, **(kwargs or {}))

    def enter(self, path: str, part: nn.Module) -> None:
        self.stack.append((path, part))


def _functions(net: Any) -> list[tuple[str, str]]:
    """[(path, function)] of activations that are calls in a module's code."""
    watch, hooks = _Names(), []
    for path, part in net.named_modules():
        hooks.append(part.register_forward_pre_hook(lambda p, args, path=path: watch.enter(path, p)))
        hooks.append(part.register_forward_hook(lambda p, args, out: watch.stack.pop() and None))
    x: Tensor = picture(net)
    try:
        with still(net), watch, torch.no_grad():
            net.features(x)
    finally:
        for hook in hooks:
            hook.remove()
    return list(watch.found)
