"""What averages of weights share: a wide copy of a network's state, its moves, its way into a checkpoint and back."""

from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import OptionError


class Average:
    """A copy of a module's floating state in float32 or wider; counters and other whole numbers are the last seen."""

    def __init__(self) -> None:
        self.values: dict[str, Tensor] = {}
        self.others: dict[str, Tensor] = {}
        self.kinds: dict[str, torch.dtype] = {}
        self.updates = 0

    def begin(self, module: nn.Module) -> None:
        """Start from the module's own state, or, where a checkpoint was loaded, bring that to the module's device."""
        state = _state(module)
        self.kinds = {name: value.dtype for name, value in state.items()}
        known = self.values
        self.values = {name: _wide(value, known.get(name)) for name, value in state.items() if _floats(value)}
        self.others = {name: value.clone() for name, value in state.items() if not _floats(value)}

    @torch.no_grad()
    def toward(self, module: nn.Module, weight: float) -> None:
        """value += weight * (the module's - value), buffers like parameters; 1 is a copy."""
        state = _state(module)
        own = [state[name].to(value.dtype) for name, value in self.values.items()]
        torch._foreach_lerp_(list(self.values.values()), own, weight)  # type: ignore[attr-defined]
        for name, value in self.others.items():
            value.copy_(state[name])
        self.updates += 1

    def weights(self) -> dict[str, Tensor]:
        """A state dict of the module's own names and types, in memory of its own."""
        both = {**self.values, **self.others}
        return {name: both[name].to(kind, copy=True) for name, kind in self.kinds.items()}

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"updates": self.updates, "values": self.values, "others": self.others}

    def load(self, state: dict[str, Any]) -> None:
        """Take up a checkpoint, before or after `begin`."""
        self.updates = state["updates"]
        for mine, kept in ((self.values, state["values"]), (self.others, state["others"])):
            places = {name: value.device for name, value in mine.items()}
            mine.clear()
            mine.update({name: value.to(places.get(name, value.device)) for name, value in kept.items()})


def _state(module: nn.Module) -> dict[str, Tensor]:
    state = module.state_dict()
    for name, value in state.items():
        if type(value) is not Tensor:
            raise OptionError(
                f"An average of weights needs whole tensors, and {name} is a {type(value).__name__}: leave the hook "
                "out, or train without sharding."
            )
    return state


def _floats(value: Tensor) -> bool:
    return value.is_floating_point() or value.is_complex()


def _wide(value: Tensor, known: Tensor | None) -> Tensor:
    wide = torch.promote_types(value.dtype, torch.float32)
    return (value if known is None else known).to(value.device, wide, copy=True)
