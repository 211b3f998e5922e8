"""The range test's pieces against the published ones, and that nothing of it stays behind."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import cosine, sgd
from torch import nn
from toys import CLASSES, Net, clusters, even, learn, make, recall

from linne.core.errors import InputError, OptionError
from linne.engine import finder
from linne.engine.finder import find_rate, rates, smooth, stop_at, suggest
from linne.engine.settings import Settings


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


FEED = {"train": clusters(even(200), 2)}
SETTINGS = Settings(10, 32, 0.1, sgd, cosine, workers=0)


def fresh() -> Any:
    return make("supervised", Net(10, bn=True, drop=0.2), FEED["train"].labels)


class World:
    """All that a test could touch: every tensor of a method, which parameters learn, and torch's generator."""

    def __init__(self, method: Any) -> None:
        state = method.model.state_dict().items()
        self.tensors = {name: value.clone() for name, value in state}
        self.learns = [parameter.requires_grad for parameter in method.model.parameters()]
        self.draws = torch.get_rng_state()

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, World)
        same = all(torch.equal(value, other.tensors[name]) for name, value in self.tensors.items())
        return same and self.learns == other.learns and torch.equal(self.draws, other.draws)


def test_finds_a_rate_that_learns_and_touches_nothing() -> None:
    method = fresh()
    before = World(method)
    found = find_rate(method, FEED, SETTINGS, 1e-5, 1e4, 100)
    assert World(method) == before
    assert found.diverged
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < 100
    assert 1e-3 < found.rate < 10
    fitted = learn(method, FEED, steps=40, batch=32, rate=found.rate)
    assert recall(fitted.module, FEED["train"]).min() > 0.8
    assert World(method) != before


def test_each_step_is_taken_at_its_rate() -> None:
    feed = {"train": clusters(even(64), 2)}
    torch.manual_seed(0)
    method = make("supervised", nn.Linear(10, CLASSES), feed["train"].labels)
    seen: list[float] = []

    class Rates:
        def __init__(self, groups: Any) -> None:
            self.inner = torch.optim.SGD(groups, lr=0.1)
            self.__dict__.update(param_groups=self.inner.param_groups, state=self.inner.state)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def step(self, closure: Any) -> Any:
            seen.append(self.inner.param_groups[0]["lr"])
            return self.inner.step(closure)

    find_rate(method, feed, replace(SETTINGS, optimizer=lambda groups: Rates(groups)), 1e-3, 1e-1, 20)
    assert seen == pytest.approx(rates(1e-3, 1e-1, 20))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_touches_nothing_whatever_happens(error: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    method = fresh()
    before, count = World(method), [0]

    def step(self: Any, loop: Any, record: Any) -> None:
        count[0] += 1
        if count[0] == 5:
            raise error

    monkeypatch.setattr(finder._Watch, "on_step", step)
    with pytest.raises(error):
        find_rate(method, FEED, SETTINGS, 1e-5, 1, 50)
    assert World(method) == before


@pytest.mark.parametrize("end", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_the_test_and_is_left_out(end: float) -> None:
    count = [0]

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        count[0] += 1
        own = -(targets * logits.log_softmax(1)).sum(1)
        return own * end if count[0] == 31 else own

    method = make("supervised", Net(10), FEED["train"].labels, loss=loss)
    found = find_rate(method, FEED, SETTINGS, 1e-4, 1, 80)
    assert found.diverged
    assert count == [31]
    assert len(found.losses) == 30
    assert all(math.isfinite(loss) for loss in (*found.losses, *found.smoothed))


def test_a_curve_that_says_nothing_is_an_error() -> None:
    method = fresh()
    before = World(method)
    with pytest.raises(InputError, match="too early"):
        find_rate(method, FEED, SETTINGS, 1e5, 1e9, 30)
    assert World(method) == before


def test_a_calm_curve_runs_to_its_end() -> None:
    found = find_rate(fresh(), FEED, SETTINGS, 1e-5, 1e-2, 40)
    assert not found.diverged
    assert len(found.rates) == 40


def test_of_several_stages_the_longest_is_tested() -> None:
    method = make("crt(share=.2)", Net(10), FEED["train"].labels)
    stages = list(method.stages)
    found = find_rate(method, FEED, SETTINGS, 1e-5, 1e-2, 40)
    assert len(found.rates) == 40
    assert method.stages == stages
