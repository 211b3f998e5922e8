"""ranger: RAdam, Lookahead and centred gradients in one (Wright 2019-2020, Ranger-Deep-Learning-Optimizer)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from linne.core.errors import OptionError, nearest

from . import _each as each
from ._centre import centred
from ._groups import Groups, need, pair
from ._slow import Slow
from ._step import Stepper, average, average_squares, roots

adaptive = True

VARIANTS: dict[str, dict[str, Any]] = {
    "20.4": {"betas": (0.95, 0.999), "eps": 1e-5, "centre": "all", "threshold": 5.0},
    "2020": {"betas": (0.95, 0.999), "eps": 1e-5, "centre": "all", "threshold": 5.0},
    "913a": {"betas": (0.95, 0.999)},
    "qh": {"betas": (0.9, 0.999), "eps": 1e-8},
}
CENTRES = {"20.4": ("all", "conv", "no"), "2020": ("all", "conv", "no", "direction", "direction-conv")}
SMOOTH = 50.0
NUS = (0.7, 1.0)


def ranger(
    groups: Groups,
    *,
    variant: str = "20.4",
    k: int = 6,
    alpha: float = 0.5,
    betas: Sequence[float] | None = None,
    eps: float | None = None,
    centre: str | None = None,
    threshold: float | None = None,
) -> torch.optim.Optimizer:
    """Lookahead (`k`, `alpha`) over the inner step of one of the published files.

    `variant`: "20.4" RAdam, decay first, rate * decay * w; "2020" the decay is part of the rectified direction; "913a"
    (RangerVA) AMSGrad with softplus(sqrt(v), 50) below, its second moment updated once a step (the file does it twice);
    "qh" QHAdam with nus .7 and 1, L2 decay. `betas`: default (.95, .999), for "qh" (.9, .999). `eps`: default 1e-5, for
    "qh" 1e-8. `centre` (20.4, 2020): gradients made centred of "all" tensors of 2 or more dims, of "conv" filters only,
    of "no"; in 2020 also "direction", "direction-conv": the final direction in their place. `threshold` (20.4, 2020):
    RAdam's, default 5. Raises OptionError for an option that the variant has not.
    """
    variant = str(variant)
    need(variant in VARIANTS, f"ranger(variant={variant!r}): there is none. {nearest(variant, VARIANTS)}")
    given = {"betas": betas, "eps": eps, "centre": centre, "threshold": threshold}
    options = VARIANTS[variant] | {name: value for name, value in given.items() if value is not None}
    for name in options:
        if name not in VARIANTS[variant]:
            raise OptionError(f"ranger(variant={variant!r}) has no option {name!r}. {nearest(name, VARIANTS[variant])}")
    options["betas"] = pair("ranger", options["betas"])
    need(options.get("eps", 1.0) > 0, f"ranger(eps={eps}): it is positive.")
    need(options.get("threshold", 4.0) >= 4, f"ranger(threshold={threshold}): at least 4, below which no root exists.")
    centres = CENTRES.get(variant, (options.get("centre"),))
    need(options.get("centre") in centres, f"ranger(centre={centre!r}, variant={variant!r}): one of {centres}.")
    return Slow(_Ranger(groups, variant=variant, **options), "ranger", k, alpha)


class _Ranger(Stepper):
    zeros = ("exp_avg", "exp_avg_sq")

    def fresh(self, group: dict[str, Any], parameter: Tensor) -> dict[str, Any]:
        more = {"max_exp_avg_sq": torch.zeros_like(parameter)} if group["variant"] == "913a" else {}
        return super().fresh(group, parameter) | more

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        kind = {"20.4": self._rectified, "2020": self._rectified, "913a": self._calibrated, "qh": self._hyperbolic}
        kind[group["variant"]](group, count, params, grads)

    def _rectified(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        old, decay, centre = group["variant"] == "20.4", group["weight_decay"], group["centre"]
        if centre in ("all", "conv"):
            grads = centred(grads, centre == "conv")
        means, squares = self.columns(params, "exp_avg", "exp_avg_sq")
        average(means, grads, group["betas"][0])
        average_squares(squares, grads, group["betas"][1])
        size, sure = rectified(count, group["betas"], group["threshold"])
        ways = list(each.div(means, roots(squares, group["eps"]) if sure else 1.0))
        if old:
            each.mul_(params, 1 - decay * group["lr"])
        elif decay:
            each.add_(ways, params, alpha=decay)
        if centre.startswith("direction"):
            ways = centred(ways, centre == "direction-conv")
        each.add_(params, ways, alpha=-size * group["lr"])

    def _calibrated(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        means, squares, most = self.columns(params, "exp_avg", "exp_avg_sq", "max_exp_avg_sq")
        (first, second), rate = group["betas"], group["lr"]
        average(means, grads, first)
        average_squares(squares, grads, second)
        each.maximum_(most, squares)
        below = [torch.nn.functional.softplus(root, SMOOTH) for root in each.sqrt(most)]
        each.mul_(params, 1 - group["weight_decay"] * rate)
        each.addcdiv_(params, means, below, -rate * (1 - second**count) ** 0.5 / (1 - first**count))

    def _hyperbolic(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        means, squares = self.columns(params, "exp_avg", "exp_avg_sq")
        if group["weight_decay"]:
            grads = list(each.add(grads, params, alpha=group["weight_decay"]))
        first, second = (beta * (1 - beta ** (count - 1)) / (1 - beta**count) for beta in group["betas"])
        average(means, grads, first)
        average_squares(squares, grads, second)
        ways = list(each.mul(means, NUS[0]))
        each.add_(ways, grads, alpha=1 - NUS[0])
        each.addcdiv_(params, ways, roots(squares, group["eps"]), -group["lr"])


def rectified(count: int, betas: tuple[float, float], threshold: float) -> tuple[float, bool]:
    """(multiple of the rate, whether the second moment is used) in step `count` (RAdam, equations 4-6)."""
    first, second = betas
    most = 2 / (1 - second) - 1
    long = most - 2 * count * second**count / (1 - second**count)
    if long <= threshold:
        return 1 / (1 - first**count), False
    spread = (1 - second**count) * (long - 4) / (most - 4) * (long - 2) / long * most / (most - 2)
    return spread**0.5 / (1 - first**count), True
