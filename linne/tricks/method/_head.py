"""What the ways to balance a classifier share: the layer that gives the logits, and a factor a class upon them."""

from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import OptionError

SCALE = "class_scale"


def last_layer(name: str, model: Any, classes: int) -> Any:
    """The layer of the head whose rows of weight and bias are the classes: a factor on a row is one on its logit.

    Raises OptionError where the head has none, as one of cosines.
    """
    head, found = model.head, None
    modes = [(part, part.training) for part in head.modules()]
    try:
        with torch.no_grad():
            head.eval()
            layers = (part for part in head.modules() if isinstance(part, (nn.Linear, nn.Conv2d)))
            found = next((part for part in layers if len(part.weight) == classes and _gives(part, model)), None)
    finally:
        for part, mode in modes:
            part.training = mode
    if found is None:
        raise OptionError(
            f"{name} changes each class's row of the last layer, and the logits of this head are no such rows for "
            f"{classes} classes. Take another head, or method crt."
        )
    return found


def multiply(layer: Any, factor: Tensor) -> None:
    """A factor a class (K,) on the layer's weight and bias, in place."""
    with torch.no_grad():
        layer.weight.mul_(factor.view(-1, *[1] * (layer.weight.dim() - 1)))
        if layer.bias is not None:
            layer.bias.mul_(factor)


def _gives(layer: Any, model: Any) -> bool:
    """Whether the head's logits follow a factor a class on this layer."""
    width = int(getattr(model, "width", layer.weight.shape[1]))
    x = torch.arange(3 * width).sin().view(3, width).to(layer.weight)
    factor = torch.linspace(0.5, 2, len(layer.weight)).to(x)
    kept = [(p, p.clone()) for p in layer.parameters()]
    before = model.head(x)
    multiply(layer, factor)
    after = model.head(x)
    for parameter, value in kept:
        parameter.copy_(value)
    return after.shape == before.shape and torch.allclose(after, factor * before, rtol=1e-3, atol=1e-5)


class Scaled:
    """A network whose logits z become s z, a factor s a class that begins at 1, until `settle` makes weights of it.

    name: of the factors among the network's parameters; others: of all the rest. retain: while the factors learn, the
    share of its gradient that the head is given (1 all, 0 none).
    """

    def __init__(self, who: str, model: Any, classes: int, retain: float = 1.0) -> None:
        self.layer, self.retain = last_layer(who, model, classes), retain
        ones = torch.ones_like(self.layer.weight.detach().flatten(1)[:, 0])
        self.layer.register_parameter(SCALE, nn.Parameter(ones))
        self._hook = model.head.register_forward_hook(self._scaled)
        named = [name for name, _ in model.named_parameters()]
        self.name = next(name for name in named if name.split(".")[-1] == SCALE)
        self.others = tuple(name for name in named if name != self.name)

    @property
    def learns(self) -> bool:
        """Whether the factors learn now."""
        return getattr(self.layer, SCALE).requires_grad

    def _scaled(self, head: nn.Module, given: Any, logits: Tensor) -> Tensor:
        if self.learns and self.retain != 1:
            logits = logits.detach() + self.retain * (logits - logits.detach())
        return getattr(self.layer, SCALE) * logits

    def settle(self) -> None:
        """Multiply the factors into the layer and take them away."""
        if SCALE in self.layer._parameters:
            multiply(self.layer, getattr(self.layer, SCALE).detach())
            self._hook.remove()
            delattr(self.layer, SCALE)
