"""Sharpness-aware steps: the gradient of a step is taken where the loss nearby is highest."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from . import _each as each
from ._groups import need
from ._wrap import Repeats

Ascent = Callable[[list[Tensor], list[Any], list[str]], list[Tensor]]


class Sharp(Repeats):
    """Two closures a step: at w, then at w + e; the base steps from w with the second gradient.

    `ascent(weights, gradients, names)` gives e, over all groups together. The second closure runs inside
    `frozen_statistics()`, which the loop sets to a context that leaves batch norms' estimates alone. Whatever either
    closure raises, weights, state and that context's statistics are as they were. The loss is the first pass's. Weight
    decay is the base's alone, and a rate is set in the groups that both share.
    """

    def __init__(self, base: torch.optim.Optimizer, name: str, ascent: Ascent, named: bool = False) -> None:
        need(
            getattr(base, "passes", 1) == 1, f"{name}: its base calls the closure more than once itself; take another."
        )
        super().__init__(base)
        self.name, self.ascent = name, ascent
        missing = named and any("param_names" not in group for group in base.param_groups)
        need(
            not missing, f"{name} tells weights from biases by name: give each group 'param_names', or another variant."
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One step. Without a closure it raises OptionError, since the gradient is needed in two places, except where
        every slope is 0: there it is its base (torch's distributed checkpoints bring state into being that way)."""
        if closure is None:
            still = not any(bool(p.grad.any()) for p in self._learning()[0] if p.grad is not None)
            need(still, f"{self.name} runs its batch twice: call step(closure).")
            return self.base.step()
        again = torch.enable_grad()(closure)
        loss = again()
        params, names = self._learning()
        if not params:
            return loss
        moves = self.ascent(params, [p.grad for p in params], names)
        kept = [p.clone() for p in params]
        try:
            each.add_(params, moves)
            with self.frozen_statistics():
                again()
        finally:
            for p, weight in zip(params, kept, strict=True):
                p.copy_(weight)
        self.base.step()
        return loss

    def _learning(self) -> tuple[list[Tensor], list[str]]:
        params, names = [], []
        for group in self.param_groups:
            for at, p in enumerate(group["params"]):
                if p.grad is not None:
                    params.append(p)
                    names.append(group.get("param_names", [""] * len(group["params"]))[at])
        return params, names


def norm(tensors: list[Tensor]) -> Tensor:
    """0-dim: the Euclidean norm of all tensors together, of all shards where they are sharded."""
    whole = torch.nn.utils.get_total_norm(tensors)
    return whole.full_tensor() if hasattr(whole, "full_tensor") else whole  # pyright: ignore[reportAttributeAccessIssue]


def scaled(tensors: list[Tensor], factor: Tensor) -> list[Tensor]:
    """Each tensor times a 0-dim one."""
    return [tensor * factor.to(tensor.device) for tensor in tensors]
