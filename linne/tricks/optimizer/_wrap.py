"""The frame of optimizers that steer another one: groups, state and loading are the other's."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from linne.core import lookup

from ._groups import Groups

Context = Callable[[], AbstractContextManager[Any]]


class Wrapped(torch.optim.Optimizer):
    """An optimizer whose parameter groups and state are those of `base`, so that one state_dict holds everything.

    `passes`: how often a step calls the closure at least. `frozen_statistics`: called before each closure after the
    first; a loop sets it to something that returns a context in which batch norms do not go on estimating.
    """

    def __init__(self, base: torch.optim.Optimizer) -> None:
        self.base = base

    def __getattr__(self, name: str) -> Any:
        if name == "base":
            raise AttributeError(name)
        return getattr(self.base, name)

    @property
    def param_groups(self) -> list[dict[str, Any]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The base's groups; set "lr" here."""
        return self.base.param_groups

    @property
    def state(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The base's state by parameter, and the wrapper's beside it."""
        return self.base.state

    @property
    def defaults(self) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The base's defaults."""
        return self.base.defaults

    @property
    def passes(self) -> int:
        """Calls of the closure in a step, at least."""
        return getattr(self.base, "passes", 1)

    @property
    def frozen_statistics(self) -> Context:
        """The context for every pass after the first."""
        return getattr(self.base, "frozen_statistics", nullcontext)

    @frozen_statistics.setter
    def frozen_statistics(self, context: Context) -> None:
        self.base.frozen_statistics = context  # pyright: ignore[reportAttributeAccessIssue]

    def state_dict(self) -> dict[str, Any]:
        """Everything, as the base writes it."""
        return self.base.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Everything, as the base reads it."""
        self.base.load_state_dict(state_dict)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Give the base a further group."""
        self.base.add_param_group(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients."""
        self.base.zero_grad(set_to_none)


class Repeats(Wrapped):
    """A wrapper that calls the closure several times in a step itself."""

    def __init__(self, base: torch.optim.Optimizer) -> None:
        super().__init__(base)
        self._frozen: Context = nullcontext

    @property
    def passes(self) -> int:
        """At least two."""
        return 2

    @property
    def frozen_statistics(self) -> Context:
        """The context for every pass after the first."""
        return self._frozen

    @frozen_statistics.setter
    def frozen_statistics(self, context: Context) -> None:
        self._frozen = context


def build(base: Any, groups: Groups) -> torch.optim.Optimizer:
    """The optimizer that `base` names, such as "sgd" or "adamw(betas=(.9,.99))", over `groups`."""
    return lookup.find("optimizer", base)(groups)
