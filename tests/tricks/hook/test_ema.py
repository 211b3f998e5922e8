"""The average against its closed form in float64, timm's ModelEmaV3, and itself after a restart."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.engine.checkpoint import load, save


def closed(values: list[np.ndarray], decay: float, warmup: float) -> np.ndarray:
    """sum of w_k x_k: x_0 the start; w_k = (1 - d_k) prod of the later d."""
    rates = [min(decay, (1 + t) / (warmup + t)) for t in range(len(values) - 1)]
    weights = [np.prod(rates)] + [(1 - d) * np.prod(rates[k + 1 :]) for k, d in enumerate(rates)]
    assert np.isclose(sum(weights), 1)
    return sum(w * v.astype(np.float64) for w, v in zip(weights, values, strict=True))


@pytest.mark.parametrize("options", [{}, {"decay": 0.9, "warmup": 1}, {"decay": 0.5}, {"warmup": 3.5}, {"decay": 0}])
def test_closed_form(watched: Any, network: Any, move: Any, options: dict[str, float]) -> None:
    hook, net = find("hook", "ema")(**options), network()
    loop = watched(net, 40)
    hook.on_start(loop)
    seen = [{name: value.numpy().copy() for name, value in net.state_dict().items()}]

    def note(module: nn.Module, step: int) -> None:
        move(module, step)
        seen.append({name: value.numpy().copy() for name, value in module.state_dict().items()})

    assert hook.weights() is None
    loop.run(hook, 40, note)
    found = hook.weights()
    assert list(found) == list(net.state_dict())
    for name, value in found.items():
        if value.is_floating_point():
            expected = closed([s[name] for s in seen], options.get("decay", 0.999), options.get("warmup", 10))
            np.testing.assert_allclose(value.numpy(), expected, rtol=1e-5, atol=1e-6, err_msg=name)
        else:
            assert value == 40, "counters are the last seen"


def test_like_timm(watched: Any, network: Any, move: Any) -> None:
    """At a steady decay: the same numbers as ModelEmaV3, statistics of batch norm among them."""
    from timm.utils import ModelEmaV3

    hook, net = find("hook", "ema(decay=.9, warmup=1)")(), network()
    loop, theirs = watched(net, 20), ModelEmaV3(net, decay=0.9)
    hook.on_start(loop)

    def both(module: nn.Module, step: int) -> None:
        move(module, step)
        theirs.update(module)

    loop.run(hook, 20, both)
    for name, value in theirs.module.state_dict().items():
        torch.testing.assert_close(hook.weights()[name], value, rtol=1e-6, atol=1e-7)


def test_kept_in_float32(watched: Any) -> None:
    """A bf16 weight that moves from 1 to 2: the average goes there, which in bf16 it never would."""
    net = nn.Linear(1, 1, bias=False).bfloat16()
    with torch.no_grad():
        net.weight.fill_(1)
    hook = find("hook", "ema(decay=.999, warmup=1)")()
    loop = watched(net, 1000)
    hook.on_start(loop)
    with torch.no_grad():
        net.weight.fill_(2)
    loop.run(hook, 1000)
    assert hook.average.values["weight"].dtype == torch.float32
    assert hook.average.values["weight"].item() == pytest.approx(2 - 0.999**1000, abs=1e-3)
    assert hook.weights()["weight"].dtype == torch.bfloat16
    assert torch.lerp(torch.ones(1).bfloat16(), torch.full((1,), 2.0).bfloat16(), 0.001).item() == 1


def test_weights_are_a_copy(watched: Any, network: Any, move: Any) -> None:
    hook, net = find("hook", "ema")(), network()
    loop = watched(net, 2)
    hook.on_start(loop)
    loop.run(hook, 2, move)
    before = hook.weights()
    for value in hook.weights().values():
        value.zero_()
    net.load_state_dict(hook.weights())
    assert all(torch.equal(value, before[name]) for name, value in hook.weights().items())


@pytest.mark.parametrize("late", [True, False])
def test_restart(watched: Any, network: Any, move: Any, tmp_path: Path, late: bool) -> None:
    """State through a checkpoint, loaded before or after on_start: the same bytes as without a break."""
    whole, cut = (find("hook", "ema(decay=.95)")() for _ in range(2))
    for hook, until in ((whole, 30), (cut, 17)):
        net = network().to(memory_format=torch.channels_last)
        loop = watched(net, 30)
        hook.on_start(loop)
        loop.run(hook, until, move)
    save(tmp_path, 17, {"hook": cut.state()})
    again, net = find("hook", "ema(decay=.95)")(), network().to(memory_format=torch.channels_last)
    move(net, 17)
    loop = watched(net, 30)
    loop.step = 17
    _, kept = load(tmp_path, print) or (0, {})
    order = [lambda: again.on_start(loop), lambda: again.load(kept["hook"])]
    for call in order if late else reversed(order):
        call()
    loop.run(again, 30, move)
    for name, value in whole.weights().items():
        assert torch.equal(again.weights()[name], value), name
    assert again.average.updates == 30


def test_a_frozen_weight_stays_as_it_is(watched: Any, network: Any) -> None:
    hook, net = find("hook", "ema")(), network()
    start = copy.deepcopy(net.state_dict())
    loop = watched(net, 50)
    hook.on_start(loop)
    loop.run(hook, 50)
    assert all(torch.equal(value, start[name]) for name, value in hook.weights().items())


@pytest.mark.parametrize("options", [{"decay": 1.0}, {"decay": -0.1}, {"warmup": 0.5}, {"decay": float("nan")}])
def test_refuses(options: dict[str, float]) -> None:
    with pytest.raises(OptionError, match="ema takes"):
        find("hook", "ema")(**options)


def test_refuses_sharded(watched: Any) -> None:
    class Sharded(torch.Tensor):
        pass

    net = nn.Linear(2, 2)
    net.state_dict = lambda *a, **k: {"weight": torch.ones(2).as_subclass(Sharded)}  # type: ignore[method-assign]
    with pytest.raises(OptionError, match="Sharded"):
        find("hook", "ema")().on_start(watched(net, 2))
