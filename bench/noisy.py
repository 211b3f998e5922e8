"""Wrong labels planted in clothing: what each method against them wins back, and who is found to be mislabelled.

    python bench/noisy.py [--ground features] [--seeds 3] [--epochs 0] [--ways plain,elr,...] [--tiny]

0, 20 and 40 % of the learning pictures' labels become another class, every other one alike likely; the test pictures'
labels stay, and those with a twin that learns are left out. Plain is cross-entropy in steps; every way learns from the
same pictures, features or trunk (computed once), for as long. Gains are paired on the test pictures, a picture and its
seeds one group. "won back" is a way's gain over what plain lost to the noise. Suspects are those of
`linne check --only mislabelled`: precision and recall of all of them, precision of as many as were planted.
meta_weight_net has 5 confirmed labels a class besides, which the others have not; co_teaching is told the estimated
noise rate. Finished fits lie in the cache's folder bench, so that it goes on where it stopped; --tiny tries it.
"""

import argparse
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _measure import DATA, keep

from linne.core.files import plain as jsonable
from linne.core.intervals import paired
from linne.core.load import load
from linne.core.lookup import find
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine import cache, device, first, heads, ladder
from linne.engine.budget import Clock
from linne.engine.climb import Climb
from linne.engine.data import Data, examine
from linne.engine.log import Log
from linne.engine.plan import Plan

QUIET = Log(quiet=True)
LEVELS, CONFIRMED = (0.0, 0.2, 0.4), 5
CE: dict[str, str] = {"loss": "cross_entropy"}
WAYS: dict[str, dict[str, str]] = {
    "plain": {"method": "supervised", **CE},
    "solved head": {},
    "smoothing": {"method": "supervised", "loss": "cross_entropy(smoothing=.1)"},
    "gce": {"method": "supervised", "loss": "gce"},
    "symmetric": {"method": "supervised", "loss": "symmetric"},
    "nce_rce": {"method": "supervised", "loss": "nce_rce"},
    "memorised": {"method": "supervised", **CE, "hook": "memorised"},
    "distil self": {"method": "distil(teacher=self)", **CE},
    "co_teaching": {"method": "co_teaching", **CE},
    "elr": {"method": "elr"},
    "nlnl": {"method": "nlnl"},
    "ssr": {"method": "ssr(strong='flip,rotate(30)')"},
    "dividemix": {"method": "dividemix(second=flip)"},
    "sop": {"method": "sop"},
    "mlnt": {"method": "mlnt"},
    "meta_weight_net": {"method": "meta_weight_net"},
}


def planted(data: Data, learn: np.ndarray, level: float, seed: int) -> Data:
    """The pictures with noise among those that learn; some whose label is right are marked as confirmed."""
    labels, classes = data.images.labels.copy(), len(data.images.classes)
    if level:
        labels[learn] = find("plant", "noise")(
            data.images.take(learn), rng(seed, "noisy", str(level)), share=level
        ).labels
    marks, truth = np.full(len(labels), "", object), data.images.labels
    drawn = rng(seed, "confirmed").permutation(learn)
    for k in range(classes):
        marks[drawn[(truth[drawn] == k) & (labels[drawn] == k)][:CONFIRMED]] = "confirmed"
    return replace(data, images=replace(data.images, labels=labels, columns={"overlay": marks}))


def recipe(way: str, ground: str, seed: int, epochs: float, rate: float) -> Recipe:
    """The way's settings; co_teaching is told how many labels seem wrong."""
    given: dict[str, Any] = dict(WAYS[way])
    if way == "co_teaching":
        given["method"] = f"co_teaching(forget={min(max(rate, 0.01), 0.9):.2f})"
    given |= {"ground": ground, "epochs": epochs} if given else {}
    return Recipe.of({"seed": seed, "check": "none", **given})


def fitted(stood: first.Stand, asked: Recipe, test: np.ndarray, truth: np.ndarray, place: Path) -> np.ndarray:
    """(m,) bool: which test pictures are called rightly."""
    if not asked.trains:
        return first.predict(stood.data, stood.head, test).guesses == truth[test]
    own = replace(stood, judge=test, recipe=asked)  # nobody is left to test: what is judged decides nothing
    up = Climb(own, asked, place, QUIET, Clock(0), Plan(), device.device("cpu"))
    best = ladder.tail(up, asked.method) if asked.ground == "trunk" else heads.features(up, asked.method)
    shutil.rmtree(place, ignore_errors=True)
    if best is None:
        raise SystemExit(f"{asked.method}: nothing was fitted")
    return best.predictions.guesses == truth[best.predictions.rows]


def suspects(noisy: Data, head: Any, learn: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """How many of those found are wrong, and of the wrong ones found; the estimated noise rate."""
    wrong = noisy.images.labels != truth
    found = find("check", "mislabelled")(noisy.images, noisy.features, head.oof, 0)
    rows = list(found[0].rows) if found else []
    count = int(wrong[learn].sum())
    return {
        "planted": count, "suspects": len(rows), "noise rate": found[0].details.get("noise_rate") if found else None,
        "precision": float(wrong[rows].mean()) if rows else None,
        "recall": float(wrong[rows].sum() / count) if count else None,
        "precision at planted": float(wrong[rows[:count]].sum() / count) if count else None,
    }  # fmt: skip


def once(
    data: Data, rows: tuple[np.ndarray, np.ndarray], level: float, seed: int, given: Any, home: Path
) -> dict[str, Any]:
    """Every way at one level and seed: who is right, by way; and what the check says."""
    (learn, test), truth = rows, data.images.labels
    noisy = planted(data, learn, level, seed)
    plain = recipe("solved head", given.ground, seed, 0, 0)
    head = first._learn(noisy, plain, learn, learn[:0], QUIET)
    told = suspects(noisy, head, learn, truth)
    rate = (told["noise rate"] or [0.0])[0]
    stood = first.Stand(noisy, head, learn, test, test[:0], np.zeros(len(truth), bool), plain)
    out: dict[str, Any] = {"suspects": told}
    for way in given.ways:
        asked = recipe(way, given.ground, seed, given.epochs, rate)
        mark = hashlib.blake2b(f"{asked.toml()}{level}{len(learn)}".encode(), digest_size=8).hexdigest()
        file = home / f"{level:g}-{seed}-{way.replace(' ', '-')}-{mark}.npy"
        if not file.exists():
            np.save(file, fitted(stood, asked, test, truth, home / f"fit-{mark}"))
        out[way] = np.load(file)
        print(f"{level:g} {seed} {way} {out[way].mean():.4f}", flush=True)
    return out


def summed(runs: dict[float, list[dict[str, Any]]], ways: list[str]) -> dict[str, Any]:
    """By level: accuracies, gains beside plain, what was won back of the loss; the suspects of each seed."""
    found: dict[str, Any] = {}
    clean = np.mean([one["plain"].mean() for one in runs.get(0.0, [])]) if 0.0 in runs else np.nan
    for level, ones in runs.items():
        plain = np.concatenate([one["plain"] for one in ones])
        group = np.concatenate([np.arange(len(one["plain"])) for one in ones]).astype(str)
        lost, table = clean - plain.mean(), {}
        for way in ways:
            right = np.concatenate([one[way] for one in ones])
            gain = paired(right, plain, group)
            table[way] = {"accuracy": round(float(right.mean()), 4)}
            if way != "plain":
                table[way]["gain"] = [round(end, 4) for end in (gain.value, gain.low, gain.high)]
                table[way]["won back"] = round(gain.value / lost, 3) if level and lost > 0.005 else None
        found[f"{level:.0%} wrong"] = {"ways": table, "suspects": [one["suspects"] for one in ones]}
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--ground", default="features", choices=("features", "trunk"))
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--epochs", type=float, default=0, help="0 is the ground's own")
    asked.add_argument("--ways", type=lambda text: text.split(","), default=list(WAYS))
    asked.add_argument("--tiny", action="store_true", help="20 pictures a class, two levels, one seed; writes nothing")
    given = asked.parse_args()
    given.ways = list(dict.fromkeys(["plain", *given.ways]))
    if unknown := set(given.ways) - set(WAYS):
        asked.error(f"no such way: {', '.join(sorted(unknown))}; there are {', '.join(WAYS)}")
    torch.set_num_threads(1)
    data = examine(load(DATA / "clothing"), Recipe(check="none"), QUIET)
    split, kept = data.images.split, data.kept
    learn = np.flatnonzero((split == "train") & kept)
    if given.tiny:
        labels = data.images.labels[learn]
        learn = np.sort(np.concatenate([learn[labels == k][:20] for k in range(len(data.images.classes))]))
    test = np.flatnonzero((split == "test") & kept & ~np.isin(data.twins, data.twins[learn]))
    home = cache.home() / "bench" / f"noisy-{given.ground}"
    home.mkdir(parents=True, exist_ok=True)
    runs: dict[float, list[dict[str, Any]]] = {}
    for seed in range(1 if given.tiny else given.seeds):
        for level in LEVELS[::2] if given.tiny else LEVELS:
            runs.setdefault(level, []).append(once(data, (learn, test), level, seed, given, home))
        figures = jsonable({
            "claim": __doc__.splitlines()[0], "ground": given.ground, "seeds": seed + 1, "learn": len(learn),
            "test": len(test), **summed(runs, given.ways),
        })  # fmt: skip
        if given.tiny:
            print(figures)
        else:
            keep("noisy" if given.ground == "features" else f"noisy-{given.ground}", figures)


if __name__ == "__main__":
    main()
