"""Comparing views beside plain cross-entropy, small networks from random weights, three seeds, paired gains.

    python bench/contrastive.py           # about half an hour of one core; goes on where it was stopped
    python bench/contrastive.py --tiny    # drawn pictures, one seed, seconds, nothing is kept

Two questions on Fashion-MNIST (CIFAR-10 where it is not here). With 100 labels a class: `supcon`, whose head is fitted
after its features, beside `supervised`, which sees the same views and takes as many steps. With 20 labels a class and
3,000 pictures without: a warm start by `simclr` or `byol` beside `supervised` alone, with as many steps by labels, and
beside `fixmatch` on the same pool. The test split judges. Writes bench/results/contrastive.json.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _paired import SEEDS, Book, Set, Way, compared, drawn, finish, points, real, results, verdict
from _small import held, logits, scale_of

from linne.core.decode import Geometry
from linne.core.lookup import find, offer
from linne.core.rng import key
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.loader import Pictures
from linne.engine.loop import fit
from linne.engine.settings import Settings

VIEW = "resized_crop(area=(.3,1.)),flip,brightness(.3),contrast(.3)"


@dataclass(frozen=True)
class Steps(Way):
    """A way with so many steps; pool: pictures without labels."""

    augment: str = VIEW
    steps: int = 400
    pool: int = 0


MANY = Steps(each=100, batch=128)
FEW = Steps(each=20, batch=32, pool=3000)
WAYS: dict[str, Steps] = {
    "supervised, 100 labels a class": MANY,
    "supcon, 100 labels a class": replace(MANY, method=f"supcon(view='{VIEW}',temperature=.1)"),
    "supervised, 20 labels a class": replace(FEW, pool=0, steps=200),
    "simclr, then 20 labels a class": replace(FEW, method=f"simclr(mu=7,view='{VIEW}',share=.5)"),
    "byol, then 20 labels a class": replace(FEW, method=f"byol(mu=7,view='{VIEW}',share=.5)"),
    "fixmatch, 20 labels a class": replace(FEW, method=f"fixmatch(mu=7,strong='{VIEW}')", steps=200),
}
PAIRS = (
    ("supcon, 100 labels a class", "supervised, 100 labels a class"),
    ("simclr, then 20 labels a class", "supervised, 20 labels a class"),
    ("byol, then 20 labels a class", "supervised, 20 labels a class"),
    ("fixmatch, 20 labels a class", "supervised, 20 labels a class"),
    ("simclr, then 20 labels a class", "fixmatch, 20 labels a class"),
)


def pictures(pixels: np.ndarray, labels: np.ndarray, chain: str) -> Pictures:
    """A feed of pictures in memory, changed one by one."""
    known = held(pixels, labels, "")
    geometry = Geometry(size=pixels.shape[1], fit="squash")
    return Pictures(pixels, known.labels, known.rows, known.hashes, geometry, chain, scale_of(pixels))


def learned(way: Steps, whole: Set, seed: int) -> np.ndarray:
    """(m,) bool: which test pictures are called rightly; labelled ones and the pool are drawn by the seed."""
    order = np.random.default_rng(key(seed, "contrastive")).permutation(len(whole.labels))
    mixed = Set(whole.name, whole.pixels[order], whole.labels[order], whole.test, whole.truth)
    first = np.concatenate([np.flatnonzero(mixed.labels == k)[: way.each] for k in range(mixed.classes)])
    rest = np.setdiff1d(np.arange(len(order)), first)[: way.pool]
    feeds: dict[str, Any] = {"train": pictures(mixed.pixels[first], mixed.labels[first], way.augment)}
    if way.pool:
        feeds["unlabelled"] = pictures(mixed.pixels[rest], np.full(len(rest), -1), way.augment)
    where, side = device.device("cpu"), whole.pixels.shape[1]
    torch.manual_seed(key(seed, "contrastive") % 2**63)
    net: Any = find("model", way.model)(mixed.classes, 3, side)
    offer(find("init", way.init), module=net)
    loss = Criterion(way.loss, mixed.labels[first], mixed.classes, where)
    method = offer(find("method", way.method), model=net, loss=loss, classes=mixed.classes, device=where.torch)
    same = ("batch", "rate", "optimizer", "schedule", "decay", "warmup", "loss", "precision")
    given = {name: getattr(way, name) for name in same}
    settings = Settings(way.steps, seed=seed, every=1e9, workers=0, channels_last=True, **given)
    scale = feeds["train"].scale
    fitted = fit(method, feeds, settings, where=where)
    return logits(fitted.module, whole.test, scale, where, way.precision, "plain").argmax(1).numpy() == whole.truth


def main() -> None:
    """Every way over the seeds, and its gain."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--tiny", action="store_true")
    given = asked.parse_args()
    torch.set_num_threads(1)
    whole = drawn(each=60) if given.tiny else real()
    if whole is None:
        raise SystemExit("Neither Fashion-MNIST nor CIFAR-10 is on this machine: set LINNE_DATA.")
    tiny = {"steps": 6, "batch": 16, "each": 8}
    ways = {name: replace(way, **tiny, pool=min(way.pool, 60)) if given.tiny else way for name, way in WAYS.items()}
    with tempfile.TemporaryDirectory() as folder:
        book = Book(Path(folder) / "contrastive.json" if given.tiny else results("contrastive"))
        seeds = 1 if given.tiny else SEEDS
        for seed in range(seeds):
            for name, way in ways.items():
                if book.right(name, way, seed, whole.name) is None:
                    begun = time.monotonic()
                    right = learned(way, whole, seed)
                    book.put(name, way, seed, whole.name, right, time.monotonic() - begun)
                    print(f"{name}, seed {seed}: {right.mean():.4f} in {time.monotonic() - begun:.0f} s", flush=True)
        found = [compared(book, ways, *pair, seeds, whole.name) for pair in PAIRS]
        found = [{**one, "verdict": verdict(one["gain"])} for one in found]
        if not given.tiny:
            claim = "what comparing views brings beside plain cross-entropy, with 100 and 20 labels a class"
            finish("contrastive", claim, {"data": whole.name, "gains": found}, book)
    for one in found:
        sides = " against ".join(f"{100 * side:.1f} %" for side in one["accuracy"])
        print(f"{one['first']} beside {one['second']}: {sides}, {points(one['gain'])} {one['verdict']}")


if __name__ == "__main__":
    main()
