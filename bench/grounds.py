"""scratch-small on whichever of MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100 are here, within a budget each.

The recipe's settings were chosen on a part of Fashion-MNIST's training pictures; a test split is read once, by the
network as it stands at the end. All seconds count: reading, whitening, measuring, training, test.
"""

import argparse
import copy
import json
import time
from dataclasses import asdict
from typing import Any

import torch
from _measure import DATA, keep
from _small import Clock, Ground, ground, logits, network, trained

from linne.core.intervals import wilson
from linne.core.recipe import Recipe
from linne.engine import device
from linne.engine.recipes import steps_of
from linne.engine.settings import Settings

RECIPE = Recipe.load("scratch-small")
DIGITS = "shift(2)"
"""In the place of the recipe's augmentation where a mirror image is another class."""
SOURCES: dict[str, tuple[Any, ...]] = {
    "mnist": ("mnist",),
    "fashion-mnist": ("fashion-mnist",),
    "cifar10": ("cifar10", DATA / "cifar10"),
    "cifar100": ("cifar100", DATA / "cifar100"),
}
BESIDE = {
    "mnist": {"2 convolutions < 100K": 0.992, "ResNet-preact-20, 12 min of a GPU": 0.996, "and Cutout": 0.9975},
    "fashion-mnist": {
        "2 convolutions < 100K": 0.925, "2 convolutions and 2 linear layers, flips": 0.939, "ResNet-18, flips": 0.949,
        "ResNet-preact-20, 26 min of a GPU": 0.9496, "WRN-28-10 and Random Erasing": 0.9635,
    },
    "cifar10": {
        "ResNet-18, kuangliu": 0.9302, "airbench94, 2.6 s of an A100": 0.9401, "ResNet-18, 200 epochs": 0.9487,
        "PyramidNet and FMix": 0.9864,
    },
    "cifar100": {"ResNet-18, 200 epochs, weiaicunzai": 0.7561, "ResNet-18 and CutMix": 0.7945},
}  # fmt: skip
"""Accuracies as published: reference/numbers.md, 1.1 and 1.2."""
TRIED, CAREFUL = 40, 0.93
"""Steps that are timed, and the share of that speed that is planned with, so that the rate comes down in time."""
RESERVE = 1.2
"""The test split's share of the seconds, times this, is kept free."""


def run(one: Ground, minutes: float, seed: int, begun: float, chain: str) -> dict[str, Any]:
    """Train for what is left of the budget, then read the test split."""
    where = device.device("cpu")
    net = network(RECIPE.model, one.feed, one.classes, where)
    steps = asdict(steps_of(RECIPE, RECIPE.method, len(one.feed.labels)))
    given = {name: steps[name] for name in ("batch", "rate", "optimizer", "schedule", "decay", "warmup", "precision")}
    given["channels_last"] = True
    clock = Clock()
    plan = Settings(TRIED, **given, seed=seed, every=1e9)
    trained(copy.deepcopy(net), one.feed, one.classes, RECIPE.loss, plan, where, [clock])
    step = (clock.ends[-1] - clock.ends[1]) / (TRIED - 2) / CAREFUL
    mirror = "flip" in chain
    reserve = RESERVE * step / 3 * len(one.pixels) / given["batch"] * (2 if mirror else 1)
    left = 60 * minutes - (time.monotonic() - begun) - reserve
    plan = Settings(int(left / step), **given, seed=seed, every=1e9, budget=left)
    fitted = trained(net, one.feed, one.classes, RECIPE.loss, plan, where)
    found = logits(
        fitted.module, one.pixels, one.feed.scale, where, given["precision"], "mirror" if mirror else "plain"
    )
    right = (found.argmax(1).numpy() == one.labels).astype(float)
    return {
        "accuracy": wilson(right).as_dict(), "seconds": round(time.monotonic() - begun, 1), "steps": fitted.steps,
        "epochs": round(fitted.steps * given["batch"] / len(one.feed.labels), 2), "ended": fitted.ended or "at its end",
        "pictures_per_second": round(fitted.steps * given["batch"] / fitted.seconds),
    }  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*", default=list(SOURCES), choices=[*SOURCES, []])
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument(
        "--threads", type=int, default=0, help="1 on a machine that others use: threads wait for each other"
    )
    asked.add_argument("--note", default="")
    given = asked.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    results: dict[str, Any] = {}
    for name in given.names:
        begun = time.monotonic()
        chain = DIGITS if name == "mnist" else RECIPE.augment_text()
        one = next((found for source in SOURCES[name] if (found := ground(source, chain)) is not None), None)
        if one is None:
            results[name] = "not on this machine"
            continue
        results[name] = {**run(one, given.minutes, given.seed, begun, chain), "published": BESIDE[name]}
        print(name, json.dumps(results[name]), flush=True)
    keep("grounds", {
        "claim": "Fashion-MNIST from scratch on 2 cores within 10 minutes: at least 0.93 on its test split",
        "minutes": given.minutes, "seed": given.seed, "threads": torch.get_num_threads(), "note": given.note,
        "recipe": RECIPE.changed(), "results": results,
    })  # fmt: skip


if __name__ == "__main__":
    main()
