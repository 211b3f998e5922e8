"""Optimizers, measured: how far each is from its formula after 12 steps in float64, and what a step of it costs.

    python bench/optimizers.py

The differences are those of tests/tricks/optimizer, whose formulas are written in plain numpy; the processor time is of
one step over ResNet-18's 11.7 million weights, gradients given, one thread; two gloo processes share a small network's
weights by FSDP2 (all but lbfgs, which needs them whole). Writes bench/results/optimizers.json.
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


def sharded(rank: int, path: str) -> None:
    """In one of two processes: every optimizer's weights after 8 steps, spread by FSDP2, beside whole ones."""
    import torch
    import torch.distributed as dist
    from torch.distributed.fsdp import fully_shard

    from linne.core.lookup import find, names
    from linne.engine.parameters import parameter_groups

    def run(spec: str, spread: bool) -> list[torch.Tensor]:
        torch.manual_seed(0)
        body = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(64, 5)
        )
        net = torch.nn.Sequential(body, torch.nn.Linear(5, 3))
        if spread:
            fully_shard(net)
        optimizer = find("optimizer", spec)(parameter_groups(net, 0.02, 0.01))
        for step in range(8):
            x = torch.randn(8, 3, 6, 6, generator=torch.Generator().manual_seed(step))

            def closure(x: torch.Tensor = x) -> torch.Tensor:
                net.zero_grad()
                loss = net(x).square().mean()
                loss.backward()
                return loss.detach()

            optimizer.step(closure)
        return [p.full_tensor() if spread else p.detach() for p in net.parameters()]  # type: ignore[attr-defined]

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{path}.meet", rank=rank, world_size=2)
    told = {}
    for spec in (name for name in names("optimizer") if name != "lbfgs"):
        pairs = zip(run(spec, False), run(spec, True), strict=True)
        told[spec] = float(f"{max(float((one - two).abs().max()) for one, two in pairs):.1e}")
    if rank == 0:
        Path(path).write_text(json.dumps(told))
    dist.destroy_process_group()


def spread() -> dict[str, float]:
    """Optimizer to the largest difference of a weight between one process and two that share the weights."""
    import torch.multiprocessing as processes

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sharded.json"
        processes.spawn(sharded, (str(path),), nprocs=2)
        return json.loads(path.read_text())


def main() -> None:
    """All parts."""
    import torch

    from linne.core.lookup import names

    torch.set_num_threads(1)
    specs = [name for name in names("optimizer") if name != "lbfgs"]
    keep(
        "optimizers",
        {
            "largest difference from the formula, float64, 12 steps, 2 groups, changing rates": deviations(),
            "largest difference between one process and two by FSDP2, float32, 8 steps": spread(),
            "processor ms a step, ResNet-18, 1 thread": {spec: milliseconds(spec) for spec in specs},
            "processor ms a step, torch's plain loop": {kind: plain(kind) for kind in ("SGD", "AdamW")},
        },
    )


if __name__ == "__main__":
    main()
