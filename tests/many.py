"""Run by test_methods in two processes: what comes of each method, by its name."""

import sys

import torch
from toys import TWICE, case

from linne.engine import device

torch.set_num_threads(1)
where = device.device("cpu")
out = {name: case(name, where, steps=10, **options) for name, options in TWICE.items()}
if where.main:
    torch.save(out, sys.argv[1])
device.leave()
