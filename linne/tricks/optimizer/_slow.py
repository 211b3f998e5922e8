"""Slow weights that follow fast ones every k steps (Zhang et al. 2019, arXiv:1907.08610, algorithm 1)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ._evaluate import Evaluated
from ._groups import need
from ._wrap import Wrapped

MOMENTA = ("momentum_buffer", "exp_avg")


class Slow(Evaluated, Wrapped):
    """Every k steps of `base`: slow <- slow + alpha (fast - slow); fast <- slow.

    A slow weight is the weight as it was before its first step; it and the counter are in the state_dict (the official
    code drops both). `pullback`: what a sync does to the base's momentum: "none", "reset" it to 0, or "pullback", the
    same blend with the momentum of the sync before (at first 0).
    """

    def __init__(
        self, base: torch.optim.Optimizer, name: str, k: int, alpha: float, pullback: str | None = "none"
    ) -> None:
        need(isinstance(k, int) and k >= 1, f"{name}(k={k}): a whole number of at least 1.")
        need(0 <= alpha <= 1, f"{name}(alpha={alpha}): it lies in [0, 1].")
        pullback = "none" if pullback is None else pullback  # the grammar's `none`
        allowed = ("none", "reset", "pullback")
        need(pullback in allowed, f"{name}(pullback={pullback!r}): one of {', '.join(allowed)}.")
        own = not hasattr(base, "weights")
        need(own, f"{name}: its base keeps slow or averaged weights already; take one of the two.")
        super().__init__(base)
        self.k, self.alpha, self.pullback = k, alpha, pullback
        for group in base.param_groups:
            group["fast_steps"] = 0

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Give the base a further group, with a count of its own."""
        self.base.add_param_group({**param_group, "fast_steps": 0})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A step of the base, and a sync where it is due; returns the base's loss."""
        everything = [p for group in self.param_groups for p in group["params"]]
        new = {p: p.detach().clone() for p in everything if "slow" not in self.state.get(p, ())}
        loss = self.base.step(closure)  # pyright: ignore[reportArgumentType]
        for p, weight in new.items():
            if p.grad is not None:
                self.state[p]["slow"] = weight
        for group in self.param_groups:
            group["fast_steps"] += 1
            if group["fast_steps"] % self.k == 0:
                self._sync([p for p in group["params"] if "slow" in self.state.get(p, ())])
        return loss

    @torch.no_grad()
    def weights(self) -> dict[Tensor, Tensor]:
        """Parameter to slow weight, as a sync at this moment would leave it: what to evaluate and to keep."""
        everything = (p for group in self.param_groups for p in group["params"])
        return {p: self.state[p]["slow"].lerp(p, self.alpha) for p in everything if "slow" in self.state.get(p, ())}

    @torch.no_grad()
    def _sync(self, params: list[Tensor]) -> None:
        for p in params:
            state = self.state[p]
            p.copy_(state["slow"].lerp_(p, self.alpha))
            if self.pullback != "none":
                self._pull(state)

    def _pull(self, state: dict[str, Any]) -> None:
        key = next((key for key in MOMENTA if key in state), "")
        need(bool(key), f"lookahead(pullback={self.pullback!r}): its base has no momentum to change; leave it out.")
        if self.pullback == "reset":
            state[key].zero_()
        else:
            before = state.get("slow_momentum", torch.zeros_like(state[key]))
            state["slow_momentum"] = state[key].mul_(self.alpha).add_(before, alpha=1 - self.alpha).clone()
