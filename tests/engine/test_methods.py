"""Streams, players and stages in the loop: stopped anywhere they go on to the same bytes, two processes are one."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import Stopper
from toys import SPECS, TWICE, Net, case, clusters, learn, make, tail

from linne.core.lookup import find

STEPS = 14
STAGED = ("crt", "lws", "mislas", "supcon", "simclr", "byol")


def stops(name: str) -> list[int]:
    """Three steps of the run, anywhere; of those with two stages the border between them as well."""
    drawn = np.random.default_rng(len(name)).choice(np.arange(1, STEPS), 3, replace=False).tolist()
    return sorted({*drawn, STEPS // 2, STEPS // 2 + 1} if name in STAGED else drawn)


@pytest.mark.parametrize("name", SPECS)
def test_goes_on_to_the_same_bytes(name: str, tmp_path: Path) -> None:
    options = {"bn": True, "drop": 0.3, "steps": STEPS}
    whole = case(name, hooks=(Stopper(-1),), **options)
    for at in stops(name):
        with pytest.raises(SystemExit):
            case(name, place=tmp_path, hooks=(Stopper(at),), **options)
    pieces = case(name, place=tmp_path, hooks=(Stopper(-1),), **options)
    assert len(whole) == len(pieces) > 4
    assert all(torch.equal(a, b) for a, b in zip(whole, pieces, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(whole, case(name, seed=1, **options), strict=True))


def test_two_processes_are_one(tmp_path: Path) -> None:
    script, out = Path(__file__).parents[1] / "many.py", tmp_path / "two.pt"
    pair = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    running = subprocess.Popen(
        [*pair, str(script), str(out)], env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE
    )
    one = {name: case(name, steps=10, **options) for name, options in TWICE.items()}
    said = running.communicate()[1].decode()
    assert running.returncode == 0, said[-3000:]
    two = torch.load(out, weights_only=True)
    assert set(two) == set(TWICE)
    for name in one:
        gap = max(float((a.float() - b.float()).abs().max()) for a, b in zip(one[name], two[name], strict=True))
        assert gap < 2e-5, f"{name}: {gap}"


@pytest.mark.parametrize("name", ["ema(decay=.99)", "swa(start=0)"])
def test_an_average_forgets_what_was_drawn_anew(name: str) -> None:
    """Nothing moves but by being drawn: the head that is kept is the drawn one, no mean of it and the one before."""
    feeds = {"train": clusters(tail(), 2)}
    method = make("crt(share=.5)", Net(10), feeds["train"].labels)
    before, last = method.model.head.weight.detach().clone(), []

    class Watch:
        def on_step(self, loop: Any, record: Any) -> None:
            last.append(method.model.head.weight.detach().clone())

    fitted = learn(method, feeds, hooks=(find("hook", name)(), Watch()), rate=0.0)
    assert torch.equal(last[0], before)
    assert not torch.equal(last[-1], before)
    torch.testing.assert_close(fitted.module.head.weight, last[-1])
