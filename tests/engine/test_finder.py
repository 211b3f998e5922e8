"""The range test's pieces against the published ones, and that nothing of it stays behind."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import InputError, OptionError
from linne.engine.finder import find_rate, rates, smooth, stop_at, suggest
from linne.engine.settings import Diverged


def test_rates_are_a_geometric_row() -> None:
    got = rates(1e-5, 10, 100)
    assert got == pytest.approx(np.geomspace(1e-5, 10, 100))
    for wrong in ((0, 1, 10), (1, 1, 10), (1e-3, 1, 1)):
        with pytest.raises(OptionError, match="range of rates"):
            rates(*wrong)


def test_smoothing_begins_with_the_first() -> None:
    assert smooth([4, 2, 0], 0.5) == [4, 3, 1.5]
    assert smooth([4, 2, 0], 1) == [4, 2, 0]
    with pytest.raises(OptionError, match="beta"):
        smooth([1], 0)


def test_where_it_stops() -> None:
    assert stop_at([3, 2, 1, 4.9, 5.1, 9]) == 5
    assert stop_at([3, 2, 1]) == 3
    assert stop_at([3, math.nan, 1]) == 1
    assert stop_at([3, math.inf]) == 1
    assert stop_at([-1, -9, 4]) == 3, "five times a negative least is no bound"


def test_the_steepest_way_down() -> None:
    """A sigmoid in log-rate falls most steeply at its middle."""
    row = rates(1e-6, 1e2, 81)
    losses = 2 - 1 / (1 + np.exp(-4 * (np.log10(row) + 2)))
    assert suggest(row, losses.tolist()) == pytest.approx(1e-2)
    explode = [*losses[:60], *(100.0 * k for k in range(5))]
    assert suggest(row, explode) == pytest.approx(1e-2), "the last five points take no part"
    early = losses.copy()
    early[0] = 90
    assert suggest(row, early.tolist()) == pytest.approx(1e-2), "nor do the first ten"
    with pytest.raises(InputError, match="too early"):
        suggest(row, losses[:16].tolist())
    with pytest.raises(InputError, match="none of the rates"):
        suggest(row, list(range(81)))


class World:
    """A small net with a batch norm, an optimizer with momentum, and torch's generator."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)

    def step(self, rate: float) -> float:
        self.optimizer.param_groups[0]["lr"] = rate
        x = torch.randn(32, 4)
        loss = (self.net(x) - x.sum(1, keepdim=True)).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())

    def snapshot(self):
        net = {name: value.clone() for name, value in self.net.state_dict().items()}
        state = self.optimizer.state_dict()
        kept = {key: {k: v.clone() for k, v in each.items()} for key, each in state["state"].items()}
        return net, {"state": kept, "param_groups": state["param_groups"]}, torch.get_rng_state()

    def restore(self, kept) -> None:
        self.net.load_state_dict(kept[0])
        self.optimizer.load_state_dict(kept[1])
        torch.set_rng_state(kept[2])

    def same(self, kept) -> bool:
        now = self.snapshot()
        nets = all(torch.equal(now[0][name], kept[0][name]) for name in kept[0])
        momenta = repr(now[1]) == repr(kept[1])
        return nets and momenta and torch.equal(now[2], kept[2])


def test_finds_a_rate_that_learns_and_restores_everything() -> None:
    world = World()
    for _ in range(3):
        world.step(0.01)
    kept = world.snapshot()
    found = find_rate(world.step, rates(1e-5, 100, 100), world.snapshot, world.restore)
    assert world.same(kept)
    assert found.diverged
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < 100
    assert 1e-3 < found.rate < 1
    first = world.step(found.rate)
    for _ in range(40):
        last = world.step(found.rate)
    assert last < 0.3 * first
    assert world.same(kept) is False


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_restores_whatever_happens(error) -> None:
    world = World()
    kept, count = world.snapshot(), []

    def step(rate):
        count.append(world.step(rate))
        if len(count) == 5:
            raise error
        return count[-1]

    with pytest.raises(error):
        find_rate(step, rates(1e-5, 1, 50), world.snapshot, world.restore)
    assert world.same(kept)


@pytest.mark.parametrize("end", [FloatingPointError("overflow"), Diverged([3], 30), math.nan, math.inf])
def test_what_is_not_finite_ends_the_test_and_is_left_out(end) -> None:
    world, count = World(), []

    def step(rate):
        count.append(rate)
        if len(count) == 31:
            if isinstance(end, Exception):
                raise end
            return end
        return 2 - 1 / (1 + math.exp(-4 * (math.log10(rate) + 3)))

    found = find_rate(step, rates(1e-6, 1e2, 80), world.snapshot, world.restore, beta=1.0)
    assert found.diverged
    assert len(count) == 31
    assert len(found.losses) == 30
    assert all(math.isfinite(loss) for loss in (*found.losses, *found.smoothed))


def test_a_curve_that_says_nothing_is_an_error_after_restoring() -> None:
    world = World()
    kept = world.snapshot()
    with pytest.raises(InputError, match="too early"):
        find_rate(world.step, rates(50, 100, 30), world.snapshot, world.restore)
    assert world.same(kept)


def test_a_calm_curve_runs_to_its_end() -> None:
    world = World()
    found = find_rate(world.step, rates(1e-5, 1e-2, 40), world.snapshot, world.restore)
    assert not found.diverged
    assert len(found.rates) == 40
