"""muon: matrices step along their orthogonalised momentum (Jordan et al. 2024, kellerjordan.github.io/posts/muon)."""

from typing import Any

import torch
from torch import Tensor

from . import _each as each
from ._groups import Groups, need, pair
from ._step import Stepper, average, average_squares, roots

adaptive = True

QUINTIC = (3.4445, -4.7750, 2.0315)


def muon(
    groups: Groups,
    *,
    momentum: float = 0.95,
    nesterov: bool = True,
    rounds: int = 5,
    adjust: str = "rms",
    ratio: float = 1.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> torch.optim.Optimizer:
    """Muon for matrices and filters (flattened to outputs x rest), AdamW for the rest; decay is rate * decay * w.

    Left to AdamW: parameters of 1 or 3 dims, filters of one input channel, and groups whose name begins with "head" or
    ends with "plain" (position embeddings). As torch's Muon: m <- `momentum` m + (1 - momentum) g (`nesterov`: blended
    with g once more), then `rounds` of Newton-Schulz (in bfloat16 on a GPU, as there). `adjust`: "rms" steps .2
    sqrt(max(rows, columns)) long, so that Adam's rates fit (arXiv:2502.16982); "original" sqrt(max(1, rows / columns)).
    `ratio`: AdamW's rate as a multiple of the group's; `betas`, `eps`: AdamW's.
    """
    need(0 < momentum < 1, f"muon(momentum={momentum}): it lies in (0, 1).")
    need(isinstance(rounds, int) and 1 <= rounds < 100, f"muon(rounds={rounds}): a whole number in 1..99.")
    need(adjust in ("rms", "original"), f"muon(adjust={adjust!r}): 'rms' or 'original'.")
    need(ratio > 0 and eps > 0, f"muon(ratio={ratio}, eps={eps}): both are positive.")
    options = {"momentum": momentum, "nesterov": nesterov, "rounds": rounds, "adjust": adjust}
    return _Muon(groups, **options, ratio=ratio, betas=pair("muon", betas), eps=eps)


class _Muon(Stepper):
    def fresh(self, group: dict[str, Any], parameter: Tensor) -> dict[str, Any]:
        names = ("momentum_buffer",) if is_matrix(group, parameter) else ("exp_avg", "exp_avg_sq")
        return {name: torch.zeros_like(parameter) for name in names}

    def update(self, group: dict[str, Any], count: int, params: list[Tensor], grads: list[Any]) -> None:
        matrices: dict[tuple[int, ...], list[Tensor]] = {}
        others = []
        for p in params:
            if is_matrix(group, p):
                matrices.setdefault((p.shape[0], p[0].numel()), []).append(p)
            else:
                others.append(p)
        for shape, alike in matrices.items():
            self._turn(group, shape, alike)
        if others:
            self._adamw(group, count, others)

    def _turn(self, group: dict[str, Any], shape: tuple[int, ...], params: list[Tensor]) -> None:
        grads: list[Any] = [p.grad for p in params]
        (momenta,) = self.columns(params, "momentum_buffer")
        average(momenta, grads, group["momentum"])
        ways = each.lerp(grads, momenta, group["momentum"]) if group["nesterov"] else momenta
        turned = orthogonalised(torch.stack([way.reshape(shape) for way in ways]), group["rounds"])
        rows, columns = shape
        size = 0.2 * max(shape) ** 0.5 if group["adjust"] == "rms" else max(1, rows / columns) ** 0.5
        each.mul_(params, 1 - group["lr"] * group["weight_decay"])
        for p, way in zip(params, turned, strict=True):
            p.add_(way.reshape(p.shape), alpha=-group["lr"] * size)

    def _adamw(self, group: dict[str, Any], count: int, params: list[Tensor]) -> None:
        grads: list[Any] = [p.grad for p in params]
        means, squares = self.columns(params, "exp_avg", "exp_avg_sq")
        (first, second), rate = group["betas"], group["lr"] * group["ratio"]
        average(means, grads, first)
        average_squares(squares, grads, second)
        below = roots(list(each.div(squares, 1 - second**count)), group["eps"])
        each.mul_(params, 1 - rate * group["weight_decay"])
        each.addcdiv_(params, means, below, -rate / (1 - first**count))


def is_matrix(group: dict[str, Any], parameter: Tensor) -> bool:
    """Whether Muon steps this parameter."""
    name = group.get("name", "")
    plain = name.startswith("head") or name.endswith("plain")
    return not plain and parameter.dim() not in (0, 1, 3) and parameter.shape[1] > 1


def orthogonalised(matrices: Tensor, rounds: int) -> Tensor:
    """(n, rows, columns): singular values brought to about 1, each matrix on its own, by the quintic of the paper."""
    a, b, c = QUINTIC
    x = matrices.bfloat16() if matrices.is_cuda else matrices.clone()
    x = x.mT if x.shape[1] > x.shape[2] else x
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if matrices.shape[1] > matrices.shape[2] else x).to(matrices.dtype)
