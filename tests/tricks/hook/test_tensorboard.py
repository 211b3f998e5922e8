"""What TensorBoard's own reader finds in the events, a restart within them."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from linne.core.errors import MissingExtra, OptionError
from linne.core.lookup import find


def read(folder: Path) -> Any:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0})
    return events.Reload()


def make(spec: str) -> Any:
    pytest.importorskip("tensorboard")
    return find("hook", spec)()


def test_curves(watched: Any, network: Any, tmp_path: Path) -> None:
    hook, loop = make("tensorboard"), watched(network(), 150, tmp_path)
    hook.on_start(loop)
    loop.run(hook, 150)
    hook.on_end(loop)
    events = read(tmp_path / "tensorboard")
    assert set(events.Tags()["scalars"]) == {"loss", "rate", "epoch/epoch", "epoch/figure", "epoch/loss"}
    assert not events.Tags()["histograms"]
    assert [e.step for e in events.Scalars("loss")] == list(range(1, 151))
    assert [e.value for e in events.Scalars("loss")] == pytest.approx([1 / k for k in range(1, 151)])
    assert [(e.step, e.value) for e in events.Scalars("epoch/epoch")] == [(10 * k, k) for k in range(1, 16)]


def test_histograms_of_weights_and_gradients(watched: Any, network: Any, tmp_path: Path) -> None:
    """Exact counts and sums; a frozen layer has no gradient, one that overflowed shows its finite values."""
    net = network()
    net[0].requires_grad_(False)
    net(torch.randn(2, 3, 3, 3)).square().sum().backward()
    net[3].weight.grad[0, 0] = torch.inf
    where = tmp_path / "elsewhere"
    hook, loop = make(f"tensorboard(histograms=true, folder='{where}')"), watched(net, 20, tmp_path)
    hook.on_start(loop)
    loop.run(hook, 20)
    hook.on_end(loop)
    events = read(where)
    weights = {f"weights/{name}": p.detach() for name, p in net.named_parameters()}
    gradients = {f"gradients/{name}": p.grad for name, p in net.named_parameters() if p.grad is not None}
    assert len(gradients) == 4
    assert set(events.Tags()["histograms"]) == set(weights) | set(gradients)
    for name, value in {**weights, **gradients}.items():
        first, second = (event.histogram_value for event in events.Histograms(name))
        finite = value[value.isfinite()]
        assert first.num == second.num == finite.numel()
        assert first.sum == pytest.approx(finite.double().sum().item(), abs=1e-5)
        assert first.min == pytest.approx(finite.min().item())


def test_a_restart_disowns_what_came_after_the_checkpoint(watched: Any, network: Any, tmp_path: Path) -> None:
    """Killed at 95, with a checkpoint at 70: steps 71 to 95 are there once, as the second process wrote them."""
    first, loop = make("tensorboard"), watched(network(), 100, tmp_path)
    first.on_start(loop)
    loop.run(first, 70)
    assert first.state() is None
    assert [e.step for e in read(tmp_path / "tensorboard").Scalars("loss")] == list(range(1, 71)), "written before it"
    loop.run(first, 95)
    first._writer.flush()
    second, loop = make("tensorboard"), watched(network(), 100, tmp_path)
    second.on_start(loop)
    loop.step = 70
    loop.run(second, 100)
    second.on_end(loop)
    events = read(tmp_path / "tensorboard")
    assert [e.step for e in events.Scalars("loss")] == list(range(1, 101))
    assert [e.step for e in events.Scalars("epoch/loss")] == list(range(10, 101, 10))


def test_only_the_first_process_writes(watched: Any, network: Any, tmp_path: Path) -> None:
    hook, loop = make("tensorboard"), watched(network(), 20, tmp_path)
    loop.where = SimpleNamespace(main=False)
    hook.on_start(loop)
    loop.run(hook, 20)
    hook.state()
    hook.on_end(loop)
    assert not list(tmp_path.iterdir())


def test_needs_a_folder(watched: Any, network: Any) -> None:
    with pytest.raises(OptionError, match="folder="):
        make("tensorboard").on_start(watched(network(), 1))


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.startswith(("tensorboard", "torch.utils.tensorboard"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[tensorboard\]'"):
        find("hook", "tensorboard")()
