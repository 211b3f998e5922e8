"""Optimizers, measured: how far each is from its formula after 12 steps in float64, and what a step of it costs.

    python bench/optimizers.py

The differences are those of tests/tricks/optimizer, whose formulas are written in plain numpy; the processor time is of
one step over ResNet-18's 11.7 million weights, gradients given, one thread. Writes bench/results/optimizers.json.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _measure import ROOT, keep

sys.path.insert(0, str(ROOT))

ROUNDS = 9


def deviations() -> dict[str, float]:
    """Optimizer to the largest difference of any weight; raises CalledProcessError where a test fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deviations.json"
        env = {**os.environ, "LINNE_DEVIATIONS": str(path), "OMP_NUM_THREADS": "1"}
        words = [
            sys.executable,
            "-m",
            "pytest",
            "tests/tricks/optimizer",
            "tests/tricks/init",
            "tests/tricks/test_schedule.py",
        ]
        subprocess.run(words, cwd=ROOT, env=env, check=True)
        return {name: float(f"{value:.1e}") for name, value in sorted(json.loads(path.read_text()).items())}


def milliseconds(spec: str) -> float:
    """Processor time of one step, the least of some; the closure gives ready gradients."""
    import timm
    import torch

    from linne.core.lookup import find
    from linne.engine.parameters import parameter_groups

    torch.manual_seed(0)
    net = timm.create_model("resnet18").to(memory_format=torch.channels_last)
    grads = [torch.randn_like(p) * 1e-3 for p in net.parameters()]
    optimizer = find("optimizer", spec)(parameter_groups(net, 1e-4, 1e-4))

    def closure() -> torch.Tensor:
        for p, grad in zip(net.parameters(), grads, strict=True):
            p.grad = grad
        return torch.tensor(0.0)

    seconds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        optimizer.step(closure)
        seconds.append(time.process_time() - begun)
    return round(1000 * min(seconds[1:]), 1)


def plain(kind: str) -> float:
    """torch's own loop over tensors, without fusing, for comparison."""
    import timm
    import torch

    torch.manual_seed(0)
    net = timm.create_model("resnet18").to(memory_format=torch.channels_last)
    for p in net.parameters():
        p.grad = torch.randn_like(p) * 1e-3
    more = {"momentum": 0.9, "nesterov": True} if kind == "SGD" else {}
    optimizer = getattr(torch.optim, kind)(
        net.parameters(), lr=1e-4, weight_decay=1e-4, foreach=False, fused=False, **more
    )
    seconds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        optimizer.step()
        seconds.append(time.process_time() - begun)
    return round(1000 * min(seconds[1:]), 1)


def main() -> None:
    """Both parts."""
    import torch

    from linne.core.lookup import names

    torch.set_num_threads(1)
    specs = [name for name in names("optimizer") if name != "lbfgs"]
    keep(
        "optimizers",
        {
            "largest difference from the formula, float64, 12 steps, 2 groups, changing rates": deviations(),
            "processor ms a step, ResNet-18, 1 thread": {spec: milliseconds(spec) for spec in specs},
            "processor ms a step, torch's plain loop": {kind: plain(kind) for kind in ("SGD", "AdamW")},
        },
    )


if __name__ == "__main__":
    main()
