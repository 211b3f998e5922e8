"""Run by test_loop in one process and in two: the weights that come of it, by what was fitted."""

import sys

import torch
from tiny import go, network

from linne.engine import device

torch.set_num_threads(1)
where = device.device("cpu")
CASES = {
    "plain": {"model": network(bn=False)},
    "ohem": {"model": network(bn=False), "loss": "ohem"},
    "synchronised": {"loss": "ohem", "synchronise": True},
    "accumulated": {"model": network(bn=False), "micro": 16},
}
out = {}
for name, case in CASES.items():
    fitted = go(where, steps=12, batch=64, mix="cutmix", **case)
    out[name] = list(fitted.module.state_dict().values())
if where.main:
    torch.save(out, sys.argv[1])
device.leave()
