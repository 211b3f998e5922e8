"""Run by test_loop in one process and in two: the weights that come of it, by what was fitted.

processes.py OUT: every case. processes.py OUT die: the first case, in which the second process kills itself once.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from tiny import go, network
from torch import nn

from linne.engine import device

torch.set_num_threads(1)
out, die = Path(sys.argv[1]), len(sys.argv) > 2
where = device.device("cpu")
spread = device.Device(where.torch, where.rank, where.world, shard=not where.alone)


class Cut(nn.Module):
    """A network in parts, for FSDP2 to spread."""

    def __init__(self) -> None:
        super().__init__()
        whole = network(bn=False)
        self.body, self.head = whole[:5], whole[6]

    def parts(self) -> list[tuple[str, nn.Module]]:
        return [("first", self.body[:2]), ("rest", self.body[2:])]  # of several layers each, as networks join them

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))


class Die:
    """Kills the second process in its first life."""

    def on_step(self, loop: Any, record: Any) -> None:
        if where.rank == 1 and loop.step == 7 and os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
            os.kill(os.getpid(), signal.SIGKILL)


def adamw(groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    return torch.optim.AdamW(groups, lr=0.01)


CASES: dict[str, dict[str, Any]] = {
    "plain": {"model": network(bn=False)},
    "ohem": {"model": network(bn=False), "loss": "ohem"},
    "synchronised": {"loss": "ohem", "synchronise": True},
    "accumulated": {"model": network(bn=False), "micro": 16},
    "sharded": {"model": Cut(), "where": spread, "optimizer": adamw, "clip": 1.0, "rate": 0.01, "channels_last": True},
}
found = {}
for name, case in CASES.items():
    if die and name != "plain":
        continue
    place, hooks = (out.with_suffix(".run"), (Die(),)) if die else (None, ())
    asked = {"where": where, "steps": 12, "batch": 64, "mix": "cutmix", "place": place, "hooks": hooks} | case
    state = device.state_of(go(**asked).module, asked["where"])
    found[name] = list(state.values())
if where.main:
    torch.save(found, out)
device.leave()
