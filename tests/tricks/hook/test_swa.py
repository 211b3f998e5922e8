"""The mean against numpy's, torch's AveragedModel, and itself after a restart."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.engine.checkpoint import load, save


@pytest.mark.parametrize(
    ("options", "steps", "per_epoch", "taken"),
    [
        ({}, 100, 10, [80, 90, 100]),
        ({"start": 0.5}, 100, 10, [50, 60, 70, 80, 90, 100]),
        ({"start": 0.0, "every": 3}, 100, 10, [30, 60, 90, 100]),
        ({"start": 0.9}, 35, 7, [35]),
        ({"start": 0.4}, 20, 6.4, [13, 20]),
        ({"start": 0.0}, 21, 1 / 3 * 10, [4, 7, 10, 14, 17, 20, 21]),
    ],
)
def test_mean_of_epoch_ends(
    watched: Any, network: Any, move: Any, options: dict[str, Any], steps: int, per_epoch: float, taken: list[int]
) -> None:
    hook, net, seen = find("hook", "swa")(**options), network(), {}
    loop = watched(net, steps, per_epoch=per_epoch)
    hook.on_start(loop)

    def note(module: nn.Module, step: int) -> None:
        move(module, step)
        seen[step] = {name: value.double().numpy().copy() for name, value in module.state_dict().items()}

    loop.run(hook, taken[0] - 1, note)
    assert hook.weights() is None
    loop.run(hook, steps, note)
    assert hook.average.updates == len(taken)
    for name, value in hook.weights().items():
        if value.is_floating_point():
            mean = np.mean([seen[step][name] for step in taken], axis=0)
            np.testing.assert_allclose(value.numpy(), mean, rtol=1e-5, atol=1e-6, err_msg=f"{name} {taken}")
        else:
            assert value == taken[-1]
    hook.on_end(loop)
    assert f"at {len(taken)} points" in loop.said[0]
    assert (len(taken) == 1) == any("no effect" in text for text in loop.said)


def test_like_torch(watched: Any, network: Any, move: Any) -> None:
    from torch.optim.swa_utils import AveragedModel

    hook, net = find("hook", "swa(start=0)")(), network()
    loop, theirs = watched(net, 60), AveragedModel(net, use_buffers=True)
    hook.on_start(loop)

    def both(module: nn.Module, step: int) -> None:
        move(module, step)
        if step % 10 == 0:
            theirs.update_parameters(module)

    loop.run(hook, 60, both)
    for name, value in theirs.module.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(hook.weights()[name], value, rtol=1e-5, atol=1e-6)


def test_restart(watched: Any, network: Any, move: Any, tmp_path: Path) -> None:
    """Cut within the averaging: the same bytes."""
    whole, cut = (find("hook", "swa(start=.5)")() for _ in range(2))
    for hook, until in ((whole, 100), (cut, 73)):
        loop = watched(network(), 100)
        hook.on_start(loop)
        loop.run(hook, until, move)
    save(tmp_path, 73, {"hook": cut.state()})
    again = find("hook", "swa(start=.5)")()
    loop = watched(network(), 100)
    loop.step = 73
    again.on_start(loop)
    again.load((load(tmp_path, print) or (0, {}))[1]["hook"])
    loop.run(again, 100, move)
    assert again.average.updates == 6
    assert all(torch.equal(again.weights()[name], value) for name, value in whole.weights().items())


@pytest.mark.parametrize("options", [{"start": 1.0}, {"start": -0.1}, {"every": 0}, {"every": 1.5}])
def test_refuses(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="swa takes"):
        find("hook", "swa")(**options)
