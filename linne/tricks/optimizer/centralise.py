"""centralise: any optimizer on gradients without their mean per output (Yong et al. 2020, arXiv:2004.01461)."""

from collections.abc import Callable
from typing import Any

import torch

from ._centre import centred
from ._groups import Groups
from ._wrap import Wrapped, build


def centralise(groups: Groups, *, base: str = "sgd", conv_only: bool = False) -> torch.optim.Optimizer:
    """Equation 1, before `base` sees them: g <- g - mean(g) over all dims but the first, where g has 2 or more.

    `base`: an optimizer with its options, as in `base=adamw(eps=1e-6)`. `conv_only`: filters (4 dims) only.
    """
    return _Centralise(build(base, groups), conv_only)


class _Centralise(Wrapped):
    def __init__(self, base: torch.optim.Optimizer, conv_only: bool) -> None:
        super().__init__(base)
        self.conv_only = conv_only

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A step of the base on centred gradients; returns its loss."""
        if closure is None:
            self._centre()
            return self.base.step()

        def inner() -> Any:
            loss = closure()
            self._centre()
            return loss

        return self.base.step(inner)

    @torch.no_grad()
    def _centre(self) -> None:
        held = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        for p, grad in zip(held, centred([p.grad for p in held], self.conv_only), strict=True):
            p.grad = grad
