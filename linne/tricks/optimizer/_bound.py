"""Adam whose rates per weight are held between two bounds that close on one (Luo et al. 2019, arXiv:1902.09843)."""

from typing import Any

from torch import Tensor

from . import _each as each
from ._groups import Groups, need, pair
from ._step import Stepper, average, average_squares, roots


class Bound(Stepper):
    """AdaBound and its kin; `decay` is "l2", "scaled" (rate * decay * w) or "plain" (decay * w).

    The bounds follow the schedule: their centre is final_rate * lr / peak, with the peak kept inside each group, so
    that a group added later has its own and a checkpoint brings it back.
    """

    def __init__(self, groups: Groups, name: str, *, ams: bool, decay: str, **options: Any) -> None:
        betas, eps, final, gamma = (options[key] for key in ("betas", "eps", "final_rate", "gamma"))
        need(eps > 0 and final >= 0, f"{name}(eps={eps}, final_rate={final}): eps is positive, final_rate at least 0.")
        need(0 < gamma < 1, f"{name}(gamma={gamma}): it lies in (0, 1).")
        self.title = name
        self.zeros = ("exp_avg", "exp_avg_sq") + (("max_exp_avg_sq",) if ams else ())
        options = {"betas": pair(name, betas), "eps": eps, "final_rate": final, "gamma": gamma}
        super().__init__(groups, ams=ams, decay=decay, **options)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """A further group; its "lr" now is the peak that its bounds are measured by, so it may not be 0."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        group.setdefault("peak", group["lr"])
        need(
            group["peak"] > 0, "Bounded rates are measured by the group's rate at the start, which is 0: give its peak."
        )

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        decay, (first, second) = group["weight_decay"], group["betas"]
        if decay and group["decay"] == "l2":
            grads = list(each.add(grads, params, alpha=decay))
        means, squares, *most = self.columns(params, *self.zeros)
        average(means, grads, first)
        average_squares(squares, grads, second)
        for largest in most:
            each.maximum_(largest, squares)
            squares = largest
        rates = self._rates(group, count, squares)
        if decay and group["decay"] != "l2":
            each.mul_(params, 1 - decay * (group["lr"] if group["decay"] == "scaled" else 1))
        each.addcmul_(params, rates, means, -1)

    @staticmethod
    def _rates(group: dict[str, Any], count: int, squares: list[Tensor]) -> list[Tensor]:
        (first, second), gamma = group["betas"], group["gamma"]
        final = group["final_rate"] * group["lr"] / group["peak"]
        rates = roots(squares, group["eps"])
        each.reciprocal_(rates)
        each.mul_(rates, group["lr"] * (1 - second**count) ** 0.5 / (1 - first**count))
        each.clamp_min_(rates, final * (1 - 1 / (gamma * count + 1)))
        each.clamp_max_(rates, final * (1 + 1 / (gamma * count)))
        return rates
