"""schedulefree: averaging in place of a falling rate (Defazio et al. 2024, arXiv:2405.15682, equations 3-5)."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from . import _each as each
from ._evaluate import Evaluated
from ._groups import Groups, need
from ._step import Stepper, average_squares, roots

adaptive = True
schedules = ("constant",)
"""The only schedules that it can be combined with: it takes their place. Warm-up stays."""


def schedulefree(
    groups: Groups, *, base: str = "adamw", momentum: float = 0.9, beta2: float | None = None, eps: float | None = None
) -> torch.optim.Optimizer:
    """Gradients at y; z <- z - rate (g' + decay y); x <- (1 - c) x + c z; y <- (1 - momentum) z + momentum x.

    c is rate^2 over the sum of all rates^2 so far. `base` "sgd": g' = g. "adamw": g' = g / (sqrt(v) + eps), and the
    rate is times sqrt(1 - beta2^t) (algorithm 1); `beta2` default .999, `eps` default 1e-8. The parameters are y while
    training; `evaluating(True)` puts x in their place, on which to evaluate and which to keep, after estimating batch
    norms' statistics anew for it. Raises OptionError for `momentum` outside (0, 1), or for beta2 or eps with sgd.
    """
    need(base in ("sgd", "adamw"), f"schedulefree(base={base!r}): 'sgd' or 'adamw'.")
    need(0 < momentum < 1, f"schedulefree(momentum={momentum}): it lies in (0, 1).")
    bare = base == "sgd" and (beta2 is not None or eps is not None)
    need(not bare, "schedulefree(base='sgd') has no second moment: leave out beta2 and eps.")
    second, least = 0.999 if beta2 is None else beta2, 1e-8 if eps is None else eps
    need(0 <= second < 1 and least > 0, f"schedulefree(beta2={beta2}, eps={eps}): beta2 in [0, 1), eps positive.")
    return _ScheduleFree(groups, scaled=base == "adamw", momentum=momentum, beta2=second, eps=least)


class _ScheduleFree(Evaluated, Stepper):
    stale_statistics = True
    """`weights()` are weights that no batch norm has seen."""

    def fresh(self, group: dict[str, Any], parameter: Tensor) -> dict[str, Any]:
        squares = {"exp_avg_sq": torch.zeros_like(parameter)} if group["scaled"] else {}
        return {"z": parameter.clone(), "rates": 0.0, **squares}

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        rate = group["lr"]
        if group["scaled"]:
            (squares,) = self.columns(params, "exp_avg_sq")
            average_squares(squares, grads, group["beta2"])
            grads = list(each.div(grads, roots(squares, group["eps"])))
            rate *= (1 - group["beta2"] ** count) ** 0.5
        if group["weight_decay"]:
            grads = list(each.add(grads, params, alpha=group["weight_decay"]))
        if not rate:  # not even by rounding
            return
        (ahead,) = self.columns(params, "z")
        for p, z, g in zip(params, ahead, grads, strict=True):
            state = self.state[p]
            state["rates"] += rate * rate
            share = rate * rate / state["rates"]
            mean = averaged(p, z, group["momentum"])
            z.sub_(g, alpha=rate)
            p.copy_(mean.lerp_(z, share).mul_(group["momentum"]).add_(z, alpha=1 - group["momentum"]))

    @torch.no_grad()
    def weights(self) -> dict[Tensor, Tensor]:
        """Parameter to averaged weight x: what to evaluate and to keep."""
        return {p: averaged(p, self.state[p]["z"], momentum) for p, momentum in self._begun()}

    def _begun(self) -> Iterator[tuple[Tensor, float]]:
        for group in self.param_groups:
            yield from ((p, group["momentum"]) for p in group["params"] if "z" in self.state.get(p, ()))


def averaged(y: Tensor, z: Tensor, momentum: float) -> Tensor:
    """x from y = (1 - momentum) z + momentum x, a new tensor."""
    return y.lerp(z, 1 - 1 / momentum)
