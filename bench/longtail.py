"""Clothing made long-tailed (50:1, drawn by the seed): balanced accuracy of what is said to help rare classes.

    python bench/longtail.py [--seeds 4] [--cut blocks.6.0] [--epochs 10]

Each seed draws its own tail from the train split. Networks: the parts after a cut learn from activations that are
computed once, from a new head on, all alike but for the method or loss. Learners: on the frozen features. Judged by the
validation and the test split together, which nothing here chose by. `gain` over plain cross-entropy has two intervals:
over seeds (Student's t of the paired differences), and over pictures (each picture's mean over seeds, classes apart).
Finished fits are kept, so the bench goes on where it stopped.
"""

import argparse
import copy
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _measure import DATA, keep

from linne.core.batch import Stage
from linne.core.decode import encoded
from linne.core.images import Images
from linne.core.intervals import quantile
from linne.core.load import load
from linne.core.lookup import declared, find, offer
from linne.core.measure import content_hash
from linne.core.predictions import Predictions
from linne.core.recipe import Recipe
from linne.core.rng import key, rng
from linne.core.spec import parse
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.data import geometry_of
from linne.engine.log import Log
from linne.engine.look import Looker, look
from linne.engine.loop import fit
from linne.engine.network import resolve
from linne.engine.settings import Settings
from linne.engine.trunk import Activations, cuts
from linne.engine.views import Views

NAME, NETWORK, SIDE, RATIO, VIEWS = "longtail", "tf_efficientnet_lite0", 224, 50, 4
KEPT = Path(__file__).parent / "results" / f"{NAME}.json"
WHERE = device.device("cpu")
FITS = {
    "ce": ("supervised", "cross_entropy", "linear"),
    "logit_adjusted, which is balanced_softmax": ("supervised", "logit_adjusted", "linear"),
    "focal": ("supervised", "focal", "linear"),
    "ldam-drw": ("supervised", "ldam", "cosine(scale=1)"),
    "crt": ("crt(share=.3)", "cross_entropy", "linear"),
    "lws": ("lws(share=.3,rate=30)", "cross_entropy", "linear"),
    "mislas": ("mislas(share=.3,retain=1,rate=3)", "cross_entropy", "linear"),
    "bbn": ("bbn", "cross_entropy", "linear"),
}
"""Name to method, loss and head."""
LEARNERS = {
    "logistic": "logistic", "smote": "smote", "adasyn": "adasyn", "near_miss": "near_miss", "tomek": "tomek",
    "easy_ensemble": "easy_ensemble(learner=logistic)", "balanced_bagging": "balanced_bagging(learner=logistic)",
    "self_paced": "self_paced",
}  # fmt: skip
BASE = {"networks": "ce", "learners": "logistic"}


class Wide(torch.nn.Module):
    """float32 of whatever the products gave."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.float()


class Bench:
    """The pictures, their hashes and features, and the trunk that both splits were sent through."""

    def __init__(self, cut: str, epochs: int) -> None:
        self.images, self.epochs, self.log = load(DATA / "clothing"), epochs, Log(quiet=True)
        self.hashes = np.array([content_hash(encoded(item)) for item in self.images.items], "V16")
        self.network = resolve(NETWORK)
        self.geometry = geometry_of(self.network, Recipe())
        self.trunk = next(one for one in cuts(self.network, SIDE) if one.cut == cut)
        self.judged = np.flatnonzero((self.images.split != "train") & (self.images.labels >= 0))
        looker = Looker(self.network, self.geometry, self.log, facts=False)
        self.features = look(self.images, looker)[1]
        self.feeds: dict[bytes, Activations] = {}
        feed = self.activations(self.judged, 1)
        self.shown = torch.from_numpy(feed.take(np.arange(len(self.judged)), np.zeros(len(self.judged), np.int64)))

    def activations(self, rows: np.ndarray, views: int) -> Activations:
        """These rows up to the cut, in so many views, in the cache; a picture's views are the same for every seed."""
        if rows.tobytes() not in self.feeds:
            images, hashes = self.images.take(rows), self.hashes[rows]
            feed = Activations(self.trunk, images, hashes, Views(self.geometry, 0), views, self.log)
            feed.rows = rows
            feed.compute()
            self.feeds[rows.tobytes()] = feed
        return self.feeds[rows.tobytes()]

    def tail(self, seed: int) -> np.ndarray:
        """The rows of a tail, ascending."""
        names = find("plant", f"longtail(ratio={RATIO})")(self.images, rng(seed, "longtail")).names
        return np.flatnonzero(np.isin(self.images.names, names) & (self.images.split == "train"))

    def start(self, head: str, seed: int, surgery: str) -> Any:
        """The parts after the cut with a new head, of a network that was changed where a method needs it."""
        torch.manual_seed(key(seed, "head") % 2**63)
        classes, net = len(self.images.classes), self.network.module()
        width = net.width
        net.head = torch.nn.Linear(width, classes) if head == "linear" else find("head", head)(width, classes)
        at = [name for name, _ in net.parts()].index(self.trunk.cut)
        net = find("surgery", surgery)(net) if surgery else net
        cut = net.parts()[at][0]  # surgery gives the parts other names, and leaves them in their row
        options = {"cut": cut} | ({} if surgery else {"products": "bf16", "size": SIDE})
        after = find("method", "tail")(net, None, WHERE.torch, **options).model
        after.width = width
        if not surgery:
            after.row.append(Wide())
            after.names.append("wide")
        return after

    def fitted(self, spec: tuple[str, str, str], rows: np.ndarray, seed: int) -> Any:
        """The module that comes of a method, a loss and a head."""
        name, loss, head = spec
        labels, classes = self.images.labels[rows], len(self.images.classes)
        criterion = Criterion(loss, labels, classes, WHERE)
        start = self.start(head, seed, declared("method", parse(name)[0].name, "surgery", ""))
        offered = {"model": start, "loss": criterion, "classes": classes, "device": WHERE.torch}
        method = offer(find("method", name), **offered)
        stages = getattr(method, "stages", None) or [Stage()]
        method.stages = [replace(stage, statistics=False) for stage in stages]  # as tail has it: 0.89 against 0.83
        settings = Settings(steps=round(self.epochs * len(rows) / 64), batch=64, rate=1e-3, optimizer="adamw",
                            warmup=0.1, decay=0.05, loss=loss, seed=seed, workers=0)  # fmt: skip
        return fit(method, {"train": self.activations(rows, VIEWS)}, settings, where=WHERE, log=self.log).module

    def logits(self, module: Any) -> np.ndarray:
        """(judged, K)."""
        with torch.no_grad():
            return torch.cat([module.eval()(part) for part in self.shown.split(64)]).double().numpy()

    def shift(self, rows: np.ndarray) -> np.ndarray:
        """(K,) what post-hoc adjustment adds to logits."""
        taken: Images = self.images.take(rows)
        nothing = np.zeros((len(rows), len(taken.classes)))
        known = Predictions(nothing, taken.labels, rows, taken.classes, taken.names, taken.group)
        return find("calibrate", "logit_adjustment")(known).shift

    def told(self, logits: np.ndarray, seconds: float) -> dict[str, Any]:
        """JSON-ready: recalls, and which pictures are right, as bits."""
        labels = self.images.labels[self.judged]
        right = logits.argmax(1) == labels
        recall = [float(right[labels == k].mean()) for k in range(logits.shape[1])]
        bits = np.packbits(right).tobytes().hex()
        return {"balanced": round(float(np.mean(recall)), 4), "accuracy": round(float(right.mean()), 4),
                "recall": [round(one, 3) for one in recall], "seconds": round(seconds, 1), "right": bits}  # fmt: skip


def networks(bench: Bench, rows: np.ndarray, seed: int, name: str) -> dict[str, Any]:
    """A fit's figures; plain cross-entropy's also adjusted and divided afterwards."""
    begun = time.process_time()
    module = bench.fitted(FITS[name], rows, seed)
    seconds = time.process_time() - begun
    logits = bench.logits(module)
    found = {name: bench.told(logits, seconds)}
    if name == "ce":
        found["ce, adjusted afterwards"] = bench.told(logits + bench.shift(rows), seconds)
        for tau in (0.5, 1.0):
            divided = copy.deepcopy(module)
            offered = {"model": divided, "loss": None, "classes": logits.shape[1]}
            offer(find("method", f"tau_norm(tau={tau})"), **offered).settle()
            found[f"tau_norm {tau:g}"] = bench.told(bench.logits(divided), seconds)
    return found


def learners(bench: Bench, rows: np.ndarray, seed: int, name: str) -> dict[str, Any]:
    """A classical learner's figures on frozen features; plain logistic regression's also adjusted afterwards."""
    begun = time.process_time()
    offered = {"features": bench.features[rows].astype(np.float64), "targets": bench.images.labels[rows]}
    scores = offer(find("classic", LEARNERS[name]), **offered, rng=rng(seed, name))
    logits = scores(bench.features[bench.judged].astype(np.float64))
    seconds = time.process_time() - begun
    found = {name: bench.told(logits, seconds)}
    if name == "logistic":
        found["logistic, adjusted afterwards"] = bench.told(logits + bench.shift(rows), seconds)
    return found


def gain(ours: list[dict[str, Any]], base: list[dict[str, Any]], labels: np.ndarray) -> dict[str, Any]:
    """Paired difference of balanced accuracy over seeds, and over pictures."""
    gaps = np.array([one["balanced"] - two["balanced"] for one, two in zip(ours, base, strict=True)])
    half = quantile(0.95, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps)) if len(gaps) > 1 else np.inf
    each = np.mean([right(one, len(labels)) - right(two, len(labels)) for one, two in zip(ours, base, strict=True)], 0)
    own = [each[labels == k] for k in range(labels.max() + 1)]
    value = float(np.mean([part.mean() for part in own]))
    wide = quantile(0.95) * float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in own)) / len(own))
    return {"value": round(value, 4), "over seeds": [round(gaps.mean() - half, 4), round(gaps.mean() + half, 4)],
            "over pictures": [round(value - wide, 4), round(value + wide, 4)],
            "above 0 in both": bool(min(gaps.mean() - half, value - wide) > 0)}  # fmt: skip


def right(told: dict[str, Any], count: int) -> np.ndarray:
    """(count,) 0 or 1."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(told["right"]), np.uint8))[:count].astype(float)


def summed(each: dict[str, dict[str, Any]], kind: str, labels: np.ndarray) -> dict[str, Any]:
    """Means over the seeds that have the plain one, best first."""
    out = {}
    for name in dict.fromkeys(name for seed in each.values() for name in seed):
        both = [seed for seed in each.values() if name in seed and BASE[kind] in seed]
        ours, base = [seed[name] for seed in both], [seed[BASE[kind]] for seed in both]
        rare = [float(np.mean(sorted(one["recall"])[:3])) for one in ours]
        out[name] = {"balanced accuracy": round(float(np.mean([one["balanced"] for one in ours])), 4),
                     "accuracy": round(float(np.mean([one["accuracy"] for one in ours])), 4),
                     "three worst recalls": round(float(np.mean(rare)), 3), "seeds": len(ours)}  # fmt: skip
        if name != BASE[kind]:
            out[name]["gain"] = gain(ours, base, labels)
    return dict(sorted(out.items(), key=lambda pair: -pair[1]["balanced accuracy"]))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=4)
    asked.add_argument("--cut", default="blocks.6.0")
    asked.add_argument("--epochs", type=int, default=10)
    given = asked.parse_args()
    torch.set_num_threads(1)
    bench = Bench(given.cut, given.epochs)
    labels = bench.images.labels[bench.judged]
    told = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    same = told.get("cut") == given.cut and told.get("epochs") == given.epochs
    known = told["each"] if same else {"networks": {}, "learners": {}}
    for seed in range(given.seeds):
        rows = bench.tail(seed)
        for kind, names, work in (("networks", FITS, networks), ("learners", LEARNERS, learners)):
            found = known[kind].setdefault(str(seed), {})
            for name in (name for name in names if name not in found):
                found.update(work(bench, rows, seed, name))
                print(seed, name, found[name]["balanced"], found[name]["seconds"], flush=True)
                counts = np.sort(np.bincount(bench.images.labels[rows]))[::-1].tolist()
                keep(NAME, {
                    "claim": "50:1 clothing: logit adjustment and decoupled training above plain cross-entropy in "
                    "balanced accuracy, with intervals that exclude 0",
                    "network": NETWORK, "cut": given.cut, "epochs": given.epochs, "views": VIEWS, "threads": 1,
                    "learning pictures of each class": counts, "judging pictures": len(labels),
                    "fits": FITS, "learners": LEARNERS,
                    "summary": {kind: summed(each, kind, labels) for kind, each in known.items() if each},
                    "each": known,
                })  # fmt: skip


if __name__ == "__main__":
    main()
