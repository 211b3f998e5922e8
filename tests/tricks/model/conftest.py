"""What the networks' tests share: parameters and multiply-adds without weights, a network built and run both ways."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from linne.core.lookup import find, offer

FLOPS = {nn.BatchNorm2d: 4, nn.ReLU: 1}
"""What imgclsmob counts for a value beside the multiply-adds; it then halves the sum (pytorch/model_stats.py)."""


def count(spec: str, channels: int = 3, light: bool = False) -> tuple[int, float]:
    """(parameters, multiply-adds) at a network's own side; `light` counts norms and activations as imgclsmob does."""
    with torch.device("meta"):
        net = offer(find("model", spec), classes=None, channels=channels, size=0).eval().requires_grad_(False)
    extra = [0.0]

    def add(module: nn.Module, args: Any, result: torch.Tensor) -> None:
        extra[0] += FLOPS[type(module)] * result.numel() / 2

    for module in net.modules():
        if light and type(module) in FLOPS:
            module.register_forward_hook(add)
    size = net.preprocess["size"]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(torch.empty(1, channels, size, size, device="meta"))
    return sum(p.numel() for p in net.parameters()), counter.get_total_flops() / 2 + extra[0]


@pytest.fixture
def counted() -> Callable[..., tuple[int, float]]:
    return count


def compose(parts: Any, x: torch.Tensor) -> torch.Tensor:
    """The parts one after the other."""
    for _, part in parts:
        x = part(x)
    return x


@pytest.fixture
def composed() -> Callable[..., torch.Tensor]:
    return compose
