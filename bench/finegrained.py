"""What looks alike: bilinear, GeM, WS-DAN and two scales beside plain, on clothing's t-shirt, shirt and longsleeve.

    python bench/finegrained.py [--seeds 3] [--epochs 3] [--minutes 40] [--small]

All ten classes are learned, by what comes after a cut of EfficientNet-Lite0 and a new head, from the same activations
in four views, computed once, with the same draws and settings. WS-DAN cuts its boxes out of those activations and two
scales are 224 and 160 px, so both are measured where a laptop can afford them and not on pictures themselves. Judged by
validation and test pictures of the three classes without a twin among the learning ones: nothing was chosen by them.
Fittings are kept, so the bench goes on where it stopped; another number of epochs begins anew. --small: one seed and
epoch of 256 pictures, nothing is kept.
"""

import argparse
import json
import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from _measure import DATA, ROOT, keep
from torch import Tensor, nn

from linne.core.batch import Batch, Stage, Step, Stream
from linne.core.intervals import paired, wilson
from linne.core.load import load
from linne.core.lookup import find
from linne.core.recipe import Recipe
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.data import Data, examine
from linne.engine.log import Log
from linne.engine.loop import fit
from linne.engine.rung import built
from linne.engine.settings import Settings
from linne.engine.trunk import Activations, cuts
from linne.engine.views import Views

NAME, CUT, SMALLER, VIEWS = "finegrained", "blocks.4.2", 160, 4
THREE = ("t-shirt", "shirt", "longsleeve")
KEPT = ROOT / "bench" / "results" / f"{NAME}.json"
CPU = device.device("cpu")
FITTED = {"batch": 64, "rate": 1e-3, "optimizer": "adamw", "schedule": "cosine", "warmup": 0.1, "decay": 0.05,
          "loss": "cross_entropy(smoothing=0.1)", "head_rate": 5.0, "workers": 1, "every": 1e9}  # fmt: skip


class Both:
    """A feed of activations at two sides of the same views: "small" is the smaller one's."""

    def __init__(self, large: Activations, small: Activations) -> None:
        self.large, self.small = large, small
        self.labels, self.rows, self.hashes = large.labels, large.rows, large.hashes

    def batch(self, places: Any, epochs: Any, turns: Any, view: str, spec: "str | None", seed: int) -> np.ndarray:
        own = self.small if view == "small" else self.large
        return own.batch(places, epochs, turns, "images", spec, seed)


class Pair(nn.Module):
    """The tail's features of two sides, and a new head on both: `two_scales` on a frozen trunk."""

    def __init__(self, row: Any, width: int, classes: int) -> None:
        super().__init__()
        self.row, self.head = row.row, nn.Linear(2 * width, classes)

    def forward(self, x: Tensor, small: Tensor) -> Tensor:
        return self.head(torch.cat([self.row(x).float(), self.row(small).float()], 1))


class Two:
    """Supervised on two sides of a picture."""

    def __init__(self, model: nn.Module, loss: Any) -> None:
        self.model, self.loss = model, loss
        self.streams = {"train": Stream(views={"images": None, "small": None})}
        self.stages = [Stage("tail", statistics=False)]

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images, batch.views["small"])
        return Step(self.loss(logits, batch.targets, batch.rows), logits)


def tail(data: Data, loss: Any, surgery: str = "") -> Any:
    """The method `tail` on the network, perhaps changed."""
    net = built(data.network, len(data.images.classes))
    if surgery:
        net = find("surgery", surgery)(net)
    side = data.geometry.size
    return find("method", f"tail(cut={CUT},products=f32,size={side})")(model=net, loss=loss, device=CPU.torch)


class Rest(nn.Module):
    """What comes after the cut in the words of a network: its pictures are activations."""

    name = "rest"

    def __init__(self, after: Any, channels: int, side: int) -> None:
        super().__init__()
        self.body, self.head, self.parts = after.row, after.head, after.parts
        self.channels, self.preprocess, self.width = channels, {"size": side}, after.head.in_features

    def features(self, x: Tensor) -> Tensor:
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).float())


def scales(data: Data, loss: Any) -> Any:
    """The method with two sides."""
    return Two(Pair(tail(data, loss).model, data.network.width, len(data.images.classes)), loss)


def attentive(data: Data, loss: Any, known: np.ndarray) -> Any:
    """WS-DAN on what comes after the cut; its attention's norm begins with what `known` activations have."""
    net = find("surgery", "attentive(maps=8)")(Rest(tail(data, loss).model, *known.shape[1:3]))
    method = find("method", "wsdan")(model=net, loss=loss)
    method.stages = [Stage("tail", statistics=False)]
    norm = net.eval().body.end.norm.train()
    norm.momentum = None  # the mean over all batches, of which there is one
    with torch.no_grad():
        net.look(torch.from_numpy(known))
    return method


def method_of(variant: str, data: Data, loss: Any, feed: Both) -> Any:
    """What is compared, by its name."""
    if variant == "two scales":
        return scales(data, loss)
    if variant == "wsdan":
        places = np.arange(0, len(feed.labels), max(1, len(feed.labels) // 256))
        return attentive(data, loss, feed.large.take(places, np.zeros_like(places)))
    return tail(data, loss, {"plain": "", "gem": "pooling(gem)", "bilinear": "bilinear"}[variant])


VARIANTS = ("plain", "gem", "bilinear", "two scales", "wsdan")


def fed(data: Data, rows: np.ndarray, count: int, log: Log) -> Both:
    """These rows' activations at both sides, computed now where they are not yet."""
    images, hashes, feeds = data.images.take(rows), data.facts["hash"][rows], []
    for side in (data.geometry.size, SMALLER):
        trunk = next(one for one in cuts(data.network, side) if one.cut == CUT)
        views = Views(replace(data.geometry, size=side), 0)
        feed = Activations(trunk, images, hashes, views, count, log)
        feed.reopen()
        feed.compute()
        feeds.append(feed)
    return Both(*feeds)


def fitted(variant: str, seed: int, data: Data, learn: Both, judge: Both, epochs: float) -> dict[str, Any]:
    """One fitting: which judging pictures it calls rightly, and the processor's seconds."""
    begun = time.process_time()
    torch.manual_seed(seed)
    loss = Criterion(FITTED["loss"], learn.labels, len(data.images.classes), CPU)
    method = method_of(variant, data, loss, learn)
    steps = max(1, round(epochs * len(learn.labels) / FITTED["batch"]))
    settings = Settings(steps=steps, seed=seed, **FITTED)
    ema = find("hook", "ema(decay=.98)")()
    model = fit(method, {"train": learn}, settings, where=CPU, log=Log(quiet=True), hooks=[ema]).module.eval()
    right = []
    for places in np.array_split(np.arange(len(judge.labels)), len(judge.labels) // 64 + 1):
        first = np.zeros_like(places)
        x = [torch.from_numpy(feed.take(places, first)) for feed in (judge.large, judge.small)]
        with torch.no_grad():
            called = model(*x) if variant == "two scales" else model(x[0])
        right.append(called.argmax(1).numpy() == judge.labels[places])
    marks = "".join("01"[int(one)] for one in np.concatenate(right))
    return {"right": marks, "seconds": round(time.process_time() - begun, 1)}


def summed(each: dict[str, dict[str, Any]], labels: np.ndarray, group: np.ndarray, classes: Any) -> dict[str, Any]:
    """Accuracy of each variant, and its gain over plain on the seeds that both have, pictures paired."""
    three = np.isin(labels, [classes.index(name) for name in THREE])
    out: dict[str, Any] = {}
    for which, held in (("three", three), ("all", np.ones(len(labels), bool))):
        for variant, seeds in each.items():
            both = sorted(set(seeds) & set(each["plain"]))
            if not both:
                continue
            right, plain = (
                np.concatenate([np.array(list(one[seed]["right"]))[held] == "1" for seed in both])
                for one in (seeds, each["plain"])
            )
            groups = np.tile(group[held], len(both))
            told = {"accuracy": wilson(right, groups).as_dict(), "seeds": len(both)}
            if variant != "plain":
                told["gain"] = paired(right, plain, groups).as_dict()
            out.setdefault(variant, {})[which] = told
    return out


def prepared(small: bool) -> tuple[Data, np.ndarray, np.ndarray]:
    """(clothing, learning rows, judging rows without a twin among the learning ones)."""
    images = load(DATA / "clothing")
    if small:
        draw = np.random.default_rng(0).permutation(len(images))
        images = images.take(np.sort(draw[:400]))
    data = examine(images, Recipe(check="none"), Log())
    learn = np.flatnonzero(data.kept & (data.images.split == "train"))
    judge = np.flatnonzero(data.kept & (data.images.split != "train"))
    return data, learn, judge[~np.isin(data.twins[judge], data.twins[learn])]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--epochs", type=float, default=3.0)
    asked.add_argument("--minutes", type=float, default=40.0)
    asked.add_argument("--small", action="store_true")
    given = asked.parse_args()
    begun, epochs = time.monotonic(), 1.0 if given.small else given.epochs
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    data, learn, judge = prepared(given.small)
    settings = {"epochs": epochs, "cut": CUT, "views": VIEWS, "sides": [data.geometry.size, SMALLER], **FITTED}
    settings |= {"network": data.network.name, "learning": len(learn), "judging": len(judge)}
    known = json.loads(KEPT.read_text()) if KEPT.exists() and not given.small else {}
    each = known["each"] if known.get("settings") == settings else {variant: {} for variant in VARIANTS}
    feeds = [fed(data, rows, count, Log()) for rows, count in ((learn, VIEWS), (judge, 1))]
    group = np.array([f"{data.twins[row]}" for row in judge], dtype=object)
    for seed in range(1 if given.small else given.seeds):
        for variant in VARIANTS:
            if str(seed) in each[variant] or time.monotonic() - begun > 60 * given.minutes:
                continue
            each[variant][str(seed)] = fitted(variant, seed, data, *feeds, epochs)
            found = summed(each, data.images.labels[judge], group, data.images.classes)
            print(variant, seed, each[variant][str(seed)]["seconds"], found.get(variant), flush=True)
            if not given.small:
                claim = "paired gain over plain on t-shirt, shirt and longsleeve"
                keep(NAME, {"claim": claim, "settings": settings, "classes": THREE, "summary": found, "each": each})


if __name__ == "__main__":
    main()
