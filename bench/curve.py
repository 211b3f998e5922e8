"""Does a learning curve of 300 to 1,500 pictures foretell the accuracy at 3,000 within its band?

    python bench/curve.py [--seeds 10]

Clothing, all splits together, twins once. Each seed draws 1,875 pictures, measures their curve out of fold as
`linne curve` does (heads learn from 300 to 1,500 of them) and carries it on to 3,000. The truth is the mean of heads
from 3,000 pictures on the others, over 15 other draws of the whole pool; the gain's truth likewise. "checked once" is
what one person would see: one head from 3,000 pictures, those 1,875 among them, on the 776 that are left. "flat" is the
band at 1,500, as if nothing grew.
"""

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np
from _measure import DATA, keep

from linne.core.extrapolate import LEVEL, carry
from linne.core.files import plain
from linne.core.images import Images
from linne.core.load import load
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.curve import folds, grow
from linne.engine.data import examine
from linne.engine.foresee import REPEATS
from linne.engine.log import Log
from linne.engine.probe import probe
from linne.engine.task import Task

SIZES = np.round(np.geomspace(300, 1500, 6)).astype(int)
DRAWN, FAR, TRUTHS = 1875, 3000, 15


def pool() -> tuple[np.ndarray, Images]:
    """Features and labels of every readable picture of clothing, one of each group of twins."""
    data = examine(load(DATA / "clothing"), Recipe(check="none"), Log(quiet=True))
    group = data.images.group.astype(str)
    _, first = np.unique(np.where(group == "", np.arange(len(group)).astype(str), group), return_index=True)
    rows = np.sort(first[data.kept[first]])
    images = data.images.take(rows)
    return data.features[rows], replace(images, group=np.full(len(rows), "", dtype=object))


def truths(features: np.ndarray, images: Images, strength: float) -> dict[str, Any]:
    """Accuracy at 1,500 and at 3,000 pictures, over draws of the whole pool, with the standard error over draws."""
    task, found = Task.of(features, images, 5, 0), []
    for number in range(TRUTHS):
        order = rng(number, "truth").permutation(len(task))
        sides = [(np.sort(order[:FAR]), np.sort(order[FAR:]))]
        found.append(grow(task, [sides], np.array([SIZES[-1], FAR]), strength, number).right.mean((0, 2)))
    half, full = np.array(found).T
    return {"at 1,500": half.mean(), "at 3,000": full.mean(), "gain": (full - half).mean(),
            "standard error of a draw at 3,000": full.std(ddof=1)}  # fmt: skip


def seeded(features: np.ndarray, images: Images, truth: dict[str, Any], seed: int) -> dict[str, Any]:
    """One draw: its curve, its band at 3,000, and whether that holds the truth."""
    order, begun = rng(seed, "drawn").permutation(len(images)), time.perf_counter()
    own = np.sort(order[:DRAWN])
    task = Task.of(features[own], images.take(own), 5, seed)
    strength = probe(task.features, images.take(own), seed=seed).strength
    grown = grow(task, folds(task, REPEATS, seed), SIZES, strength, seed)
    at = np.array([SIZES[-1], FAR])
    band = carry(grown.sizes, 1.0 - grown.right, np.arange(len(grown.labels)), at, rng(seed, "carry"))
    seconds = time.perf_counter() - begun
    whole = Task.of(features, images, 5, seed)
    sides = [(np.sort(order[:FAR]), np.sort(order[FAR:]))]
    once = float(grow(whole, [sides], at[1:], strength, seed).right.mean())
    return {
        "seed": seed, "curve": grown.right.mean((0, 2)).round(4).tolist(), "strength": strength,
        "seconds": round(seconds, 1),
        "predicted": band.value[1], "low": band.low[1], "high": band.high[1],
        "holds": bool(band.low[1] <= truth["at 3,000"] <= band.high[1]),
        "gain": band.gain[1], "gain low": band.gain_low[1], "gain high": band.gain_high[1],
        "gain holds": bool(band.gain_low[1] <= truth["gain"] <= band.gain_high[1]),
        "checked once": once, "holds that": bool(band.low[1] <= once <= band.high[1]),
        "flat holds": bool(band.low[0] <= truth["at 3,000"] <= band.high[0]),
    }  # fmt: skip


def main() -> None:
    """Every seed, and how many bands hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args()
    features, images = pool()
    truth = truths(features, images, 0.1)
    rows = []
    for seed in range(asked.seeds):
        rows.append(seeded(features, images, truth, seed))
        print({k: v for k, v in rows[-1].items() if k != "curve"}, flush=True)
    found = {f"bands: {name}": sum(row[name] for row in rows) for name in rows[0] if "hold" in name}
    missed = float(np.mean([row["predicted"] for row in rows])) - truth["at 3,000"]
    keep("curve", plain({
        "pictures": len(images), "seeds": len(rows), "level": LEVEL, "truth": truth, **found,
        "mean width, points": 100 * float(np.mean([row["high"] - row["low"] for row in rows])),
        "mean width of the gain, points": 100 * float(np.mean([row["gain high"] - row["gain low"] for row in rows])),
        "mean error of the prediction, points": 100 * missed,
        "rows": rows,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
