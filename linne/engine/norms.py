"""Batch norms: frozen for a second pass, averaged over processes, estimated anew."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from .device import Device, total

Norm = nn.modules.batchnorm._BatchNorm


def norms(module: nn.Module) -> list[Any]:
    """Every batch norm in it."""
    return [part for part in module.modules() if isinstance(part, Norm)]


def estimating(module: nn.Module) -> bool:
    """Whether a forward pass in training would normalise by the batch: then what is in a batch matters."""
    return any(norm.training or norm.running_mean is None for norm in norms(module))


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Running averages neither count nor move: for the second pass of SAM (Foret et al. 2021, arXiv:2010.01412)."""
    kept = [(norm, norm.momentum, norm.num_batches_tracked) for norm in norms(module)]
    for norm, _, count in kept:
        norm.momentum = 0.0
        norm.num_batches_tracked = None if count is None else count.clone()
    try:
        yield
    finally:
        for norm, momentum, count in kept:
            norm.momentum, norm.num_batches_tracked = momentum, count


def synchronise(module: nn.Module, where: Device) -> nn.Module:
    """Every batch norm normalises by the batch of all processes (Peng et al. 2018, arXiv:1711.07240), in place.

    torch's SyncBatchNorm on a GPU; the same sums by autograd elsewhere, where torch has none.
    """
    if where.alone:
        return module
    if where.torch.type == "cuda" and not any(hasattr(norm, "act") for norm in norms(module)):
        return nn.SyncBatchNorm.convert_sync_batchnorm(module)
    for norm in norms(module):
        norm.where, norm.alone = where, norm.forward
        norm.forward = MethodType(_together, norm)
    return module


def _together(norm: Any, x: Tensor) -> Tensor:
    if not norm.training:
        return norm.alone(x)
    over = [0, *range(2, x.dim())]
    shape = [1, -1] + [1] * (x.dim() - 2)
    wide = x.float()
    count = total(torch.tensor([x.numel() / x.shape[1]], device=x.device), norm.where)
    mean = _Sum.apply(wide.sum(over), norm.where) / count
    centred = wide - mean.view(shape)
    variance = _Sum.apply((centred**2).sum(over), norm.where) / count
    if norm.track_running_stats:
        with torch.no_grad():
            norm.num_batches_tracked.add_(1)
            share = norm.momentum if norm.momentum is not None else 1 / float(norm.num_batches_tracked)
            norm.running_mean.lerp_(mean, share)
            norm.running_var.lerp_(variance * count / (count - 1), share)
    out = centred * torch.rsqrt(variance + norm.eps).view(shape)
    if norm.affine:
        out = out * norm.weight.view(shape) + norm.bias.view(shape)
    out = out.to(x.dtype)
    return norm.act(norm.drop(out)) if hasattr(norm, "act") else out


class _Sum(torch.autograd.Function):
    """The sum over processes; so is its gradient."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, where: Device) -> Tensor:  # type: ignore[override]
        ctx.where = where
        return total(value.clone(), where)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        return total(grad.clone(), ctx.where), None


@torch.no_grad()
def reestimate(module: nn.Module, batches: Iterable[Tensor]) -> None:
    """Running averages become the plain mean over these batches (as `torch.optim.swa_utils.update_bn` does)."""
    found = norms(module)
    kept = [(norm.momentum, norm.training) for norm in found]
    for norm in found:
        norm.reset_running_stats()
        norm.momentum = None
    was = module.training
    module.train()
    for batch in batches:
        module(batch)
    module.train(was)
    for norm, (momentum, training) in zip(found, kept, strict=True):
        norm.momentum = momentum
        norm.train(training)
