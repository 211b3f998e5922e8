"""Wrong labels planted in clothing/train: are they the most suspected, does the estimated noise rate rise by as much?

    python bench/mislabelled.py [seeds]

Pictures: ../shared/data/clothing or $LINNE_DATA/clothing. For each seed 10 % of the labels are flipped to another class
and the head is learned and predicted out of fold anew. Precision: share of flipped labels among the k most suspected, k
the number flipped. Increase: estimated noise rate after minus before, bootstrap-t, the same pictures drawn.
"""

import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.load import load
from linne.core.lookup import find
from linne.core.recipe import Recipe
from linne.core.resample import bootstrap
from linne.core.rng import rng
from linne.engine.data import geometry_of
from linne.engine.log import Log
from linne.engine.look import Looker, look
from linne.engine.network import resolve
from linne.engine.probe import probe
from linne.tricks.check.mislabelled import believed, joint, mislabelled

HOME = Path(__file__).resolve().parent
DATA = Path(os.environ.get("LINNE_DATA", HOME.parent.parent / "shared" / "data")) / "clothing"
MACHINE = f"2 cores AMD EPYC Zen 4, avx512_bf16, Python {platform.python_version()}, compiled bytecode"
SHARE, NEIGHBOURS = 0.1, 30


def rankings(p: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Suspicion by four rules, lower is more suspect."""
    rows = np.arange(len(p))
    others = p.copy()
    others[rows, labels] = -1
    own, other = p[rows, labels], others.max(1)
    ratio = np.log(np.maximum(own, 1e-12)) - np.log(np.maximum(other, 1e-12))
    threshold = joint(p, labels).thresholds[labels]
    return {"log ratio": ratio, "self-confidence": own, "margin": own - other, "own minus threshold": own - threshold}


def hits(score: np.ndarray, flipped: np.ndarray) -> float:
    return round(float(flipped[np.argsort(score, kind="stable")[: flipped.sum()]].mean()), 4)


def increase(before: tuple, after: tuple, group: np.ndarray) -> Any:
    """The noise rate after minus before, with both drawn alike."""

    def measure(weights: np.ndarray | None) -> Any:
        draws = [None] if weights is None else list(weights)
        gaps = [joint(*after, one).noise - joint(*before, one).noise for one in draws]
        return gaps[0] if weights is None else np.array(gaps)

    return bootstrap({"gap": measure}, group, len(group), resamples=500, cost=20)["gap"]


def once(images: Any, features: np.ndarray, seed: int, plain: dict[int, tuple]) -> dict[str, Any]:
    noisy = find("plant", "noise")(images, rng(seed, "bench"), share=SHARE)
    flipped = noisy.columns["planted"] == "noise"
    oof = probe(features, noisy, seed=seed).oof
    start = time.perf_counter()
    (found,) = mislabelled(noisy, features, oof, seed)
    seconds = time.perf_counter() - start
    first = list(found.rows)[: flipped.sum()]
    suggested, own = found.details["suggested"], images.classes
    back = [suggested[place] == own[images.labels[row]] for place, row in enumerate(first) if flipped[row]]
    out: dict[str, Any] = {
        "seed": seed,
        "flipped": int(flipped.sum()),
        "suspects": len(found.rows),
        "precision": round(float(flipped[first].sum() / flipped.sum()), 4),
        "recall of all suspects": round(float(flipped[list(found.rows)].sum() / flipped.sum()), 4),
        "suggested is the first label": round(float(np.mean(back)), 4),
        "noise rate": [round(x, 4) for x in found.details["noise_rate"]],
        "sure": [round(x, 4) for x in found.details["sure"]],
        "severity": found.severity,
        "seconds": round(seconds, 2),
    }
    for neighbours in (NEIGHBOURS, 0):
        known, _, labels, p = believed(oof, features, neighbours, seed)  # type: ignore[misc]
        gap = increase(plain[neighbours], (p, labels), known.group)
        told = "with neighbours" if neighbours else "probabilities alone"
        out[told] = {"increase": [round(x, 4) for x in (gap.value, gap.low, gap.high)]}
        out[told] |= {name: hits(score, flipped[known.rows]) for name, score in rankings(p, labels).items()}
    return out


def seen(images: Any) -> np.ndarray:
    """(n, 1280) features by the default network and runtime."""
    network = resolve(Recipe().model, Recipe().weights)
    return look(images, Looker(network, geometry_of(network, Recipe()), Log(quiet=True)))[1]


def untouched(images: Any, features: np.ndarray) -> tuple[Any, dict[str, Any]]:
    oof = probe(features, images).oof
    (found,) = mislabelled(images, features, oof, 0)
    told = {name: [round(x, 4) for x in found.details[name]] for name in ("noise_rate", "sure")}
    right = round(float(oof.right.mean()), 4)
    return oof, {"right out of fold": right, "severity": found.severity, "suspects": len(found.rows)} | told


def main(seeds: int) -> None:
    images = load(DATA)
    images = images.take(images.split == "train")
    features = seen(images)
    oof, before = untouched(images, features)
    hard = load(DATA.parent / "cifar10" / "train.parquet").take(np.arange(4000))
    _, hard = untouched(hard, seen(hard))
    plain = {}
    for neighbours in (NEIGHBOURS, 0):
        _, _, labels, p = believed(oof, features, neighbours, 0)  # type: ignore[misc]
        plain[neighbours] = (p, labels)
    runs = [once(images, features, seed, plain) for seed in range(seeds)]
    rises = [run["with neighbours"]["increase"] for run in runs]
    alone = [run["probabilities alone"]["increase"] for run in runs]
    result = {
        "command": f"python bench/mislabelled.py {seeds}",
        "machine": f"{MACHINE}, numpy {version('numpy')}, openvino {version('openvino')}",
        "data": f"clothing/train, {len(images):,} pictures, {SHARE:.0%} of labels flipped to another class at random",
        "untouched": before,
        "CIFAR-10 untouched, 4,000 pictures (published label errors 0.5 %)": hard,
        "precision at k, least and median": [
            min(run["precision"] for run in runs),
            float(np.median([run["precision"] for run in runs])),
        ],
        "median precision by rule": {
            told: {rule: float(np.median([run[told][rule] for run in runs])) for rule in rankings(*plain[0])}
            for told in ("with neighbours", "probabilities alone")
        },
        "mean increase": [round(float(np.mean([rise[0] for rise in rows])), 4) for rows in (rises, alone)],
        "intervals of the increase that hold 10 points": {
            "with neighbours": sum(low <= SHARE <= high for _, low, high in rises),
            "probabilities alone": sum(low <= SHARE <= high for _, low, high in alone),
            "of": seeds,
        },
        "runs": runs,
    }
    (HOME / "results" / "mislabelled.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: value for name, value in result.items() if name != "runs"}, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
