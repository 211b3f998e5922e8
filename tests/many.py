"""Run by test_methods in two processes: what comes of each method, by its name."""

import sys
from pathlib import Path

import torch
from toys import TWICE, case

from linne.engine import device

torch.set_num_threads(1)
where = device.device("cpu")
out = {name: case(name, where, steps=10, **options) for name, options in TWICE.items()}
if where.main:
    torch.save(out, sys.argv[1])
device.leave()
threads = [task.read_text().strip() for task in Path("/proc/self/task").glob("*/comm")]
if any("gloo" in name for name in threads):  # whichever lives when the interpreter ends may abort the process
    sys.exit(f"after leaving the others there are still {threads}")
