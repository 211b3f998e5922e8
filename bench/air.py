"""CIFAR-10 in seconds on a GPU with the whitened network, and ResNet-50's training throughput beside timm's way.

airbench94 (Jordan 2024, arXiv:2404.00498) through the project's own loop: pictures and augmentation on the GPU,
alternating flips, shifts of 2 px, frozen whitening, biases of norms 64 times as fast, smoothing 0.2, Nesterov,
triangular rate, Lookahead, six views at test. --small runs all of it on drawn pictures on any processor in seconds.
"""

import argparse
import statistics
import time
from typing import Any

import numpy as np
import torch
from _measure import DATA, keep
from _small import Clock, Ground, ground, held, logits, network, trained

from linne.core.lookup import find
from linne.engine import device
from linne.engine.settings import Settings
from linne.engine.small import Pixels

CHAIN = "flip(alternate=true),shift(2)"
EPOCHS, BATCH = 9.9, 1024
WAY: dict[str, Any] = {
    "rate": 1.5, "decay": 0.00133, "optimizer": "lookahead(base=sgd(momentum=.85),k=5,alpha=.5)",
    "schedule": "linear(end=.07)", "warmup": 0.23, "channels_last": True,
}  # fmt: skip
"""airbench's 11.5 a kilostep over 1 + 1 / (1 - 0.85), for means of 1,024 losses; its decay by the same rule."""
LOSS = "cross_entropy(smoothing=.2)"


def drawn(count: int = 768) -> Ground:
    """Pictures of four patterns under noise, where there is no set."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 4, count)
    wave = np.sin(np.arange(32) / np.array([1, 2, 3, 5])[:, None])[labels]
    pixels = 128 + 60 * wave[:, :, None, None] + draw.normal(0, 20, (count, 32, 32, 3))
    whole = pixels.clip(0, 255).astype(np.uint8)
    half = count // 2
    return Ground(held(whole[:half], labels[:half], CHAIN), whole[half:], labels[half:], 4)


def race(one: Ground, where: device.Device, runs: int, small: bool, compiled: bool) -> dict[str, Any]:
    """Accuracy and seconds of each run after one that warms up."""
    feed = one.feed
    feed.pixels = torch.from_numpy(np.array(feed.pixels)).to(where.torch)
    batch = min(BATCH, len(feed.labels) // 8)
    steps = round(EPOCHS * len(feed.labels) / batch)
    plan = {**WAY, "precision": "bf16", "compile": compiled, "workers": 1, "every": 1e9, "rate": 1.5 * batch / BATCH}
    spec = "air(widths=(8,16,16))" if small else "air"
    right, seconds = [], []
    for seed in range(-1, runs):  # the first warms up
        torch.manual_seed(seed + 1)
        begun = now(where)
        net = network(spec, feed, one.classes, where)
        settings = Settings(min(steps, 8) if seed < 0 else steps, batch, **{**plan, "seed": seed + 1})
        fitted = trained(net, feed, one.classes, LOSS, settings, where)
        took = now(where) - begun
        found = logits(fitted.module, one.pixels, feed.scale, where, "bf16", "moved", 2000)
        if seed >= 0:
            right.append(float((found.argmax(1).cpu().numpy() == one.labels).mean()))
            seconds.append(took)
    return {
        "accuracy_mean": round(statistics.mean(right), 4), "accuracy": right, "steps": steps, "batch": batch,
        "seconds_median": round(statistics.median(seconds), 2), "seconds": [round(took, 2) for took in seconds],
        "seconds_hold": "network, whitening and training; not the first run, the reading, and the test split",
    }  # fmt: skip


def throughput(where: device.Device, small: bool, compiled: bool) -> dict[str, Any]:
    """Pictures a second of a training step in bfloat16: Linne's loop, and the step of timm's benchmark."""
    name, side, batch, steps = ("test_resnet", 64, 16, 6) if small else ("resnet50", 224, 256, 40)
    found = {"ours": ours(name, side, batch, steps, where, compiled), "timm": theirs(name, side, batch, steps, where)}
    return {"network": name, "side": side, "batch": batch, "compiled": compiled,
            **{f"pictures_per_second_{who}": round(float(rate), 1) for who, rate in found.items()}}  # fmt: skip


def ours(name: str, side: int, batch: int, steps: int, where: device.Device, compiled: bool) -> float:
    """By fit() from uint8 pictures that lie where the network is."""
    pixels = torch.randint(0, 256, (2 * batch, side, side, 3), dtype=torch.uint8, device=where.torch)
    hashes = np.arange(4 * batch, dtype=np.uint64).view("V16")
    labels = np.arange(2 * batch) % 10
    feed = Pixels(pixels, labels, np.arange(2 * batch), hashes, ((0.5,) * 3, (0.25,) * 3))
    clock = Clock(where.torch.type == "cuda")
    settings = Settings(steps, batch, 0.1, "sgd", channels_last=True, precision="bf16", compile=compiled, every=1e9)
    net = find("model", name)(classes=10)
    trained(net, feed, 10, "cross_entropy", settings, where, [clock])
    return batch / statistics.median(np.diff(clock.ends[steps // 4 :]))


def theirs(name: str, side: int, batch: int, steps: int, where: device.Device) -> float:
    """As timm's benchmark trains: channels_last, autocast, its SGD, one picture batch that never moves."""
    import timm
    from timm.optim import create_optimizer_v2

    net = timm.create_model(name, num_classes=10).to(where.torch, memory_format=torch.channels_last).train()
    x = torch.randn(batch, 3, side, side, device=where.torch).contiguous(memory_format=torch.channels_last)
    y = torch.arange(batch, device=where.torch) % 10
    optimizer = create_optimizer_v2(net, opt="sgd", lr=0.1, momentum=0.9)
    ends = []
    for _ in range(steps):
        optimizer.zero_grad()
        with torch.autocast(where.torch.type, torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        ends.append(now(where))
    return batch / statistics.median(np.diff(ends[steps // 4 :]))


def now(where: device.Device) -> float:
    """Seconds, when all that was asked of the GPU is done."""
    if where.torch.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--small", action="store_true", help="drawn pictures, any processor, nothing is written")
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--compile", action="store_true")
    given = asked.parse_args()
    where = device.device("cpu" if given.small else "cuda")
    torch.backends.cudnn.benchmark = True
    one = drawn() if given.small else ground("cifar10", CHAIN) or ground(DATA / "cifar10", CHAIN)
    if one is None:
        raise SystemExit("CIFAR-10 is not on this machine: set LINNE_DATA to the folder that holds it.")
    figures = {
        "claim": "CIFAR-10: 94 % in under 5 s on a GPU, and no fewer pictures/s than timm's own training step",
        "card": "none" if given.small else torch.cuda.get_device_name(where.torch), "options": vars(given),
        "cifar10": race(one, where, 1 if given.small else given.runs, given.small, given.compile),
        "throughput": throughput(where, given.small, given.compile),
    }  # fmt: skip
    if given.small:
        print(figures)
    else:
        keep("air", figures)


if __name__ == "__main__":
    main()
