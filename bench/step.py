"""A full fine-tuning step on this processor: the plain eager NCHW float32 step against Linne's ways, in one run.

EfficientNet-Lite0, 224 px, 32 pictures a step from memory, AdamW, all weights learn. The plain step is a loop written
by hand; the others go through fit(). Rounds take turns, so that another program's load meets them all. --cpu counts
the processor's seconds of one thread instead of the wall's of all, which others' load hardly changes.
"""

import argparse
import statistics
import time
from typing import Any

import numpy as np
import torch
from _measure import keep

from linne.core.lookup import find
from linne.engine import device, plan
from linne.engine.criterion import Criterion
from linne.engine.loop import fit
from linne.engine.settings import Settings
from linne.engine.small import Pixels

NETWORK, SIDE, BATCH, CLASSES = "tf_efficientnet_lite0", 224, 32, 10
SCALE = ((0.5,) * 3, (0.5,) * 3)
WAYS: dict[str, dict[str, Any]] = {
    "channels_last": {"channels_last": True},
    "compiled": {"compile": True},
    "channels_last_compiled": {"channels_last": True, "compile": True},
    "channels_last_bf16": {"channels_last": True, "precision": "bf16"},
    "channels_last_bf16_compiled": {"channels_last": True, "precision": "bf16", "compile": True},
}


class Clock:
    """A hook that notes when each step ends."""

    now = staticmethod(time.perf_counter)

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        self.ends.append(Clock.now())


def pictures(count: int) -> Pixels:
    """Noise of the right size: what is in a picture changes no time."""
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)
    hashes = np.arange(2 * count, dtype=np.uint64).view("V16")
    return Pixels(pixels, draw.integers(0, CLASSES, count), np.arange(count), hashes, SCALE)


def plain(feed: Pixels, steps: int) -> list[float]:
    """Seconds of each step of the usual loop: eager, NCHW, float32."""
    net = find("model", NETWORK)(classes=CLASSES).train()
    optimizer = torch.optim.AdamW(net.parameters(), 1e-4)
    took = []
    for step in range(steps):
        begun = Clock.now()
        places = np.arange(step * BATCH, (step + 1) * BATCH) % len(feed.labels)
        x = (torch.from_numpy(feed.pixels[places]).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5
        loss = torch.nn.functional.cross_entropy(net(x.contiguous()), torch.from_numpy(feed.labels[places]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        took.append(Clock.now() - begun)
    return took


def ours(feed: Pixels, steps: int, way: dict[str, Any]) -> list[float]:
    """Seconds of each step of fit()."""
    where, clock = device.device("cpu"), Clock()
    loss = Criterion("cross_entropy", feed.labels, CLASSES, where)
    method = find("method", "supervised")(model=find("model", NETWORK)(classes=CLASSES), loss=loss)
    settings = Settings(steps, BATCH, 1e-4, "adamw", workers=1, every=1e9, **way)
    begun = Clock.now()
    fit(method, {"train": feed}, settings, where=where, hooks=[clock])
    return np.diff([begun, *clock.ends]).tolist()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--steps", type=int, default=8)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--cpu", action="store_true")
    asked.add_argument("--note", default="")
    given = asked.parse_args()
    steps, rounds = given.steps, given.rounds
    if given.cpu:
        torch.set_num_threads(1)
        Clock.now = staticmethod(time.process_time)
    feed = pictures(4 * BATCH)
    took: dict[str, list[float]] = {name: [] for name in ("plain", *WAYS)}
    first: dict[str, list[float]] = {name: [] for name in took}
    for _ in range(rounds):
        for name, seconds in took.items():
            found = plain(feed, steps) if name == "plain" else ours(feed, steps, WAYS[name])
            first[name].append(found[0])
            seconds += found[2:]
            print(f"{name}: {BATCH / min(found[2:]):.1f} pictures/s, first step {found[0]:.1f} s", flush=True)
    rates = {name: {"best": round(BATCH / min(s), 2), "median": round(BATCH / statistics.median(s), 2)}
             for name, s in took.items()}  # fmt: skip
    chosen = max(WAYS, key=lambda name: rates[name]["median"])
    keep("step", {
        "claim": "a full fine-tuning step at least 1.7 times as fast as the plain eager NCHW float32 step",
        "network": NETWORK, "side": SIDE, "batch": BATCH, "note": given.note,
        "seconds_of": "the processor" if given.cpu else "the wall", "threads": torch.get_num_threads(),
        "steps": steps - 2, "rounds": rounds, "pictures_per_second": rates,
        "seconds_of_first_step": {name: [round(one, 1) for one in each] for name, each in first.items()},
        "times_plain": {name: round(rates[name]["median"] / rates["plain"]["median"], 2) for name in WAYS},
        "fastest": chosen, **({} if given.cpu else {"chosen_before_a_run": choices()}),
    })  # fmt: skip


def choices() -> dict[str, Any]:
    """What the measurements before a run say, for a run of 100 and of 2,000 steps."""
    where, net = device.device("cpu"), find("model", NETWORK)(classes=CLASSES)
    x = torch.rand(BATCH, 3, SIDE, SIDE)
    form = plan.measure_format(net, x, where)
    compiled = {f"compile_{steps}_steps": plan.worth_compiling(net, x, where, steps, "f32", form[0])
                for steps in (100, 2000)}  # fmt: skip
    return {"channels_last": form, **compiled}


if __name__ == "__main__":
    main()
