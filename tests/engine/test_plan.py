"""What is measured before a run: the decisions by arithmetic, the measurements without a trace in network or draws."""

import shutil
from typing import Any

import pytest
import torch
from torch import nn

from linne.engine import device, plan

HERE = device.Device(torch.device("cpu"))


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.LazyLinear(2)
    )


def test_measuring_leaves_no_trace() -> None:
    net, x = network(), torch.rand(4, 3, 12, 12)
    net(x)
    net.eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    use, why, seconds = plan.measure_format(net, x, HERE)
    assert isinstance(use, bool)
    assert seconds > 0
    assert why.startswith("channels_last: ")
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    assert not net.training


def test_draws_stay_as_they_were() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    net = network()
    net(torch.rand(4, 3, 12, 12))
    torch.manual_seed(5)
    plan.step_seconds(net, torch.rand(4, 3, 12, 12, generator=torch.Generator()), HERE, "f32", False)
    assert torch.equal(torch.rand(3), wanted)


def taking(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> list[dict[str, Any]]:
    """Steps take what is said: `plain`, `last` (channels_last), `compiled`; compiling itself takes `cost`."""
    asked: list[dict[str, Any]] = []
    clock = [0.0]

    def step(
        module: Any, pictures: Any, where: Any, precision: str, channels_last: bool, compiled: bool = False
    ) -> float:
        asked.append({"precision": precision, "last": channels_last, "compiled": compiled})
        clock[0] += seconds.get("cost", 0.0) if compiled else 0.0
        return seconds["compiled" if compiled else "last" if channels_last else "plain"]

    monkeypatch.setattr(plan, "step_seconds", step)
    monkeypatch.setattr(plan.time, "perf_counter", lambda: clock[0])
    return asked


@pytest.mark.parametrize(("last", "use"), [(0.5, True), (0.96, True), (0.98, False), (1.4, False)])
def test_the_faster_format_by_more_than_noise(monkeypatch: pytest.MonkeyPatch, last: float, use: bool) -> None:
    asked = taking(monkeypatch, plain=1.0, last=last)
    found = plan.measure_format(None, torch.zeros(8, 3, 4, 4), HERE, "bf16")
    assert (found[0], found[2]) == (use, last if use else 1.0)
    assert {one["precision"] for one in asked} == {"bf16"}


@pytest.mark.parametrize(
    ("steps", "compiled", "cost", "use"),
    [
        (1000, 0.7, 60.0, True),  # saves 300 s, costs 60
        (1000, 0.7, 301.0, False),
        (1000, 0.98, 1.0, False),  # faster, but by no more than noise
        (1000, 1.2, 1.0, False),
    ],
)
def test_compiled_when_it_pays_for_itself(
    monkeypatch: pytest.MonkeyPatch, steps: int, compiled: float, cost: float, use: bool
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name)
    asked = taking(monkeypatch, plain=1.0, compiled=compiled, cost=cost)
    assert plan.worth_compiling(network(), torch.zeros(8, 3, 4, 4), HERE, steps)[0] is use
    assert [one["compiled"] for one in asked] == [False, True]
    again = plan.worth_compiling(network(), torch.zeros(8, 3, 4, 4), HERE, steps, eager=1.0)
    assert again[0] is use
    assert [one["compiled"] for one in asked] == [False, True, True]  # what is known is not measured again


def test_nothing_is_compiled_for_a_short_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = taking(monkeypatch, plain=0.01, compiled=0.0)
    use, why, _ = plan.worth_compiling(network(), torch.zeros(8, 3, 4, 4), HERE, 20)
    assert not use
    assert "too few" in why
    assert not any(one["compiled"] for one in asked)


def test_no_compiler_no_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = taking(monkeypatch, plain=1.0, compiled=0.1)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    use, why, _ = plan.worth_compiling(network(), torch.zeros(8, 3, 4, 4), HERE, 10_000)
    assert not use
    assert "C++ compiler" in why
    assert not any(one["compiled"] for one in asked)


def test_what_cannot_be_compiled_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name)

    def refuse(self: nn.Module) -> None:
        raise RuntimeError("no such instruction\nand more")

    monkeypatch.setattr(nn.Module, "compile", refuse)
    net = network()
    net(torch.rand(2, 3, 12, 12))
    use, why, _ = plan.worth_compiling(net, torch.rand(2, 3, 12, 12), HERE, 10**7)
    assert (use, why) == (False, "not compiled: no such instruction")
