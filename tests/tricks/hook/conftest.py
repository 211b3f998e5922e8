"""A loop that hooks can watch: steps and epochs of a small network whose weights a test sets."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn


class Watched:
    """What the training loop shows to hooks."""

    def __init__(self, module: nn.Module, steps: int, place: Path | None = None, per_epoch: int = 10) -> None:
        self.module, self.steps, self.place, self.per_epoch = module, steps, place, per_epoch
        self.step, self.history, self.said = 0, [], []
        self.log = SimpleNamespace(say=lambda text, **data: self.said.append(text))
        self.where = SimpleNamespace(main=True)

    @property
    def epoch(self) -> float:
        return self.step / self.per_epoch

    def run(self, hook: Any, until: int, move: Callable[[nn.Module, int], None] | None = None) -> None:
        """Steps up to `until`; `move` changes the network at each."""
        while self.step < until:
            self.step += 1
            if move is not None:
                with torch.no_grad():
                    move(self.module, self.step)
            self.told(hook, "on_step", {"loss": torch.tensor(1 / self.step), "rate": 0.1, "losses": {"model": 1.0}})
            if self.step % self.per_epoch == 0:
                self.told(hook, "on_epoch", {"step": self.step, "epoch": self.epoch, "figure": 0.5, "loss": 2.0})

    def told(self, hook: Any, name: str, *args: Any) -> None:
        if hasattr(hook, name):
            getattr(hook, name)(self, *args)


@pytest.fixture
def watched() -> type[Watched]:
    return Watched


def scramble(module: nn.Module, step: int) -> None:
    """Other weights, statistics and counters at each step, a function of the step alone."""
    draw = torch.Generator().manual_seed(step)
    for value in module.state_dict().values():
        value.copy_(torch.randn(value.shape, generator=draw) if value.is_floating_point() else torch.tensor(step))


@pytest.fixture
def move() -> Callable[[nn.Module, int], None]:
    return scramble


@pytest.fixture
def network() -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))

    return make
