"""The frame of Linne's own optimizers: the closure first, then one update per group and per step count."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from . import _each as each
from ._groups import Groups, checked, need
from ._layout import align_gradients, align_state

Closure = Callable[[], Any]


class Stepper(torch.optim.Optimizer):
    """A subclass writes `update`; parameters that have taken part equally often are updated in one call.

    `zeros` names the tensors that begin at zero beside each parameter. A closure that raises leaves all as it was.
    """

    zeros: tuple[str, ...] = ()
    title = ""

    def __init__(self, groups: Groups, **options: Any) -> None:
        self.title = self.title or type(self).__name__.strip("_").lower()
        super().__init__(checked(self.title, groups), {"weight_decay": 0.0, **options})
        self.register_load_state_dict_post_hook(align_state)

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One step; returns the closure's loss (None without a closure: the gradients that are there are used)."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        align_gradients(self)
        for group in self.param_groups:
            sparse = any(p.grad is not None and p.grad.is_sparse for p in group["params"])
            need(not sparse, f"{self.title} takes no sparse gradients; use sgd.")
        for group in self.param_groups:
            for count, params in self._equal(group).items():
                self.update(group, count, params, [p.grad for p in params])
        return loss

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        """Change `params` in place: their `count`-th step (from 1), with gradients that are not to be changed."""
        raise NotImplementedError

    def fresh(self, group: dict[str, Any], parameter: Tensor) -> dict[str, Any]:
        """The state with which a parameter begins."""
        return {name: torch.zeros_like(parameter) for name in self.zeros}

    def columns(self, params: list[Tensor], *names: str) -> list[list[Tensor]]:
        """For each name the list of that state, in the order of `params`."""
        return [[self.state[p][name] for p in params] for name in names]

    def _equal(self, group: dict[str, Any]) -> dict[int, list[Tensor]]:
        """The group's parameters with a gradient, by how many steps each has taken, this one included."""
        found: dict[int, list[Tensor]] = {}
        for p in group["params"]:
            if p.grad is not None:
                state = self.state[p]
                if "step" not in state:
                    state.update(step=0, **self.fresh(group, p))
                state["step"] += 1
                found.setdefault(state["step"], []).append(p)
        return found


def average(means: list[Tensor], values: list[Any], beta: float) -> None:
    """Running means in place: beta * mean + (1 - beta) * value."""
    each.mul_(means, beta)
    each.add_(means, values, alpha=1 - beta)


def average_squares(means: list[Tensor], values: list[Any], beta: float) -> None:
    """Running means of squares in place: beta * mean + (1 - beta) * value^2."""
    each.mul_(means, beta)
    each.addcmul_(means, values, values, 1 - beta)


def roots(squares: list[Tensor], eps: float) -> list[Tensor]:
    """sqrt(square) + eps, new tensors."""
    made = list(each.sqrt(squares))
    each.add_(made, eps)
    return made
