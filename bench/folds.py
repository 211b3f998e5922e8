"""Folds on clothing: what they say beside what comes true, their mean beside a single run, and what they cost.

    python bench/folds.py redivided [--divisions 20]   # first classifiers, on cached features
    python bench/folds.py ensemble cost [--epochs 4]   # tails of five folds with flipped looks, beside single runs

redivided: all pictures dealt anew, whole groups, a fifth to be tested; five folds of the rest say out of fold what
their mean will be worth, and the tested fifth what it is. The interval of the difference is Newcombe's (1998, method
10) of both. Writes bench/results/folds.json.
"""

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, ROOT, alone, keep

from linne.core.deal import deal
from linne.core.intervals import paired, wilson
from linne.core.load import load
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.data import examine
from linne.engine.log import Log
from linne.verbs.predict import predict
from linne.verbs.train import train

NAME, FOLDS, SINGLE = "folds", 5, 3
TAIL = "tail(cut=blocks.5.3)"
"""What learns: 13 % of the network's work, so that nine fits end within half an hour of a core."""


def redivided(divisions: int) -> dict[str, Any]:
    """Out of fold beside tested, over random divisions."""
    data = examine(load(DATA / "clothing"), Recipe(check="none"), Log(quiet=True))
    images = data.images.take(np.flatnonzero(data.kept))
    rows = []
    for seed in range(divisions):
        part = deal(images.labels, images.group, [4, 1], rng(seed, "redivided"))
        dealt = replace(images, split=np.where(part == 1, "test", "train").astype(object))
        with tempfile.TemporaryDirectory() as folder:
            run = train(dealt, out=Path(folder) / "run", folds=FOLDS, check="none", seed=seed)
            known, tested = (run.predictions(split) for split in ("train", "test"))
        own, real = (wilson(one.right, one.group) for one in (known, tested))
        gap = own.value - real.value
        low = gap - ((own.value - own.low) ** 2 + (real.high - real.value) ** 2) ** 0.5
        high = gap + ((own.high - own.value) ** 2 + (real.value - real.low) ** 2) ** 0.5
        rows.append([round(one, 4) for one in (own.value, real.value, gap, low, high)])
        print(seed, *rows[-1], flush=True)
    hold = sum(low <= 0 <= high for *_, low, high in rows)
    gaps = [row[2] for row in rows]
    return {"redivided": {
        "divisions": len(rows), "contain 0": hold, "share": round(hold / len(rows), 3),
        "mean difference": round(float(np.mean(gaps)), 4), "out of fold, tested, difference, low, high": rows,
    }}  # fmt: skip


def ensemble(epochs: float) -> dict[str, Any]:
    """Five folds with flipped looks beside single runs of the whole learning part, on the given test pictures."""
    home = ROOT / "runs" / f"bench-folds-{epochs:g}"
    asked: dict[str, Any] = {"check": "none", "method": TAIL, "epochs": epochs}
    made, seconds = {}, {}
    ways: dict[str, dict[str, Any]] = {"five": {"folds": FOLDS}}
    ways |= {f"single {seed}": {"seed": seed} for seed in range(SINGLE)}
    for name, more in ways.items():
        begun, out = time.monotonic(), home / name.replace(" ", "-")
        if not (out / "DONE.json").exists():
            train(DATA / "clothing", out=out, **asked, **more)
            seconds[name] = round(time.monotonic() - begun)
        made[name] = out
    said = {name: predict(out, DATA / "clothing" / "test", view="flip") for name, out in made.items()}
    plain = {name: predict(out, DATA / "clothing" / "test") for name, out in made.items()}
    truth = np.array([Path(str(name)).parts[-2] for name in said["five"].names])
    right = {name: np.array(one.classes)[one.guesses] == truth for name, one in said.items()}
    bare = {name: np.array(one.classes)[one.guesses] == truth for name, one in plain.items()}
    best = max((name for name in bare if name != "five"), key=lambda name: bare[name].mean())
    gain = paired(right["five"], bare[best])
    return {"ensemble": {
        "method": TAIL, "epochs": epochs, "test pictures": len(truth), "seconds beside other work": seconds,
        "five, flipped": round(float(right["five"].mean()), 4), "five": round(float(bare["five"].mean()), 4),
        "singles": {name: round(float(one.mean()), 4) for name, one in bare.items() if name != "five"},
        "singles, flipped": {name: round(float(one.mean()), 4) for name, one in right.items() if name != "five"},
        "over the best single": [round(one, 4) for one in (gain.value, gain.low, gain.high)],
    }}  # fmt: skip


def cost(epochs: float) -> dict[str, Any]:
    """Seconds of five folds as a multiple of one run's, each from an empty cache, as a process of its own."""
    ways = {"first classifier": [], "tail": ["--method", TAIL, "--epochs", f"{epochs:g}"]}
    found: dict[str, Any] = {}
    for way, flags in ways.items():
        took = {}
        for name, more in (("one", []), ("five", ["--folds", str(FOLDS)])):
            with tempfile.TemporaryDirectory() as folder:
                words = ["linne", "train", str(DATA / "clothing"), "--out", f"{folder}/run", "--check", "none"]
                env = {"LINNE_CACHE": f"{folder}/cache", "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2")}
                one = alone(*words, *flags, *more, "--quiet", env=env)
                assert one["code"] == 0, one["err"]
                took[name] = one["seconds"]
        found[way] = took | {"times": round(took["five"] / took["one"], 2)}
        print(way, found[way], flush=True)
    return {"cost": found | {"epochs of the tail": epochs}}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", nargs="+", choices=("redivided", "ensemble", "cost"))
    asked.add_argument("--divisions", type=int, default=20)
    asked.add_argument("--epochs", type=float, default=4.0)
    given = asked.parse_args()
    path = ROOT / "bench" / "results" / f"{NAME}.json"
    for what in given.what:
        before = json.loads(path.read_text()) if path.exists() else {}
        ways = {"redivided": lambda: redivided(given.divisions), "ensemble": lambda: ensemble(given.epochs)}
        made = ways[what]() if what in ways else cost(given.epochs)
        kept = {name: before[name] for name in ("redivided", "ensemble", "cost") if name in before} | made
        keep(NAME, {"claim": "five folds: what they say out of fold beside the tested; their mean; their cost"} | kept)


if __name__ == "__main__":
    main()
