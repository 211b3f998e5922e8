"""Few labels: clothing with 1, 5, 10 and 20 labels a class; the automatic choice is within one point of the best way.

    python bench/labels.py [--draws 6]        # about four minutes of one core; goes on after the last finished size

Every draw takes so many pictures of each class of the training split; the validation and test splits judge. Ways are
compared by their mean over draws; `few` is what `linne train --method few` fits, which sees the drawn pictures alone.
Gaps have t intervals over draws, which share judging pictures. The rule of the choice was settled on other draws.
"""

import argparse
import json
from typing import Any

import numpy as np
from _measure import DATA, ROOT, keep

from linne.core.intervals import quantile
from linne.core.load import load
from linne.core.predictions import log_softmax
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.data import examine
from linne.engine.first import _copies
from linne.engine.leave_out import STRENGTHS, WAYS, Choice, _head, learnt
from linne.engine.log import Log
from linne.engine.probe import Probe, probe
from linne.engine.refine import refined
from linne.engine.task import Task

SIZES = (1, 5, 10, 20)
KEPT = ROOT / "bench" / "results" / "labels.json"
FLIP = Recipe(check="none", method="few", augment="flip(p=1)")


def drawn(data: Any, size: int, number: int) -> np.ndarray:
    """So many pictures of each class of the training split, ascending."""
    learn, labels = np.flatnonzero(data.kept & (data.images.split == "train")), data.images.labels
    mixed = rng(number, "labels", size).permutation(learn)
    return np.sort(np.concatenate([mixed[labels[mixed] == k][:size] for k in range(len(data.images.classes))]))


def heads(data: Any, rows: np.ndarray) -> dict[str, Probe]:
    """Every way's head, fitted to these pictures."""
    images, features = data.images.take(rows), data.features[rows]
    task = Task.of(features, images, 5, 0, alone=True)
    fixed = [*WAYS, *(f"probe(strength={strength:g})" for strength in STRENGTHS)]
    out = {way: _head(task, Choice(way, [], 1.0, 0)) for way in fixed}
    if len(rows) > len(images.classes):
        out["probe"] = probe(features, images)
    out["few"] = learnt(features, images)
    out["few, flips averaged"] = learnt(features, images, copies=_copies(data, FLIP, rows, Log(quiet=True)))
    return out


def gap(one: np.ndarray, two: np.ndarray) -> list[float]:
    """[mean, low, high] of one - two over draws, in points."""
    gaps = 100 * (one - two)
    half = quantile(0.95, len(gaps) - 1) * gaps.std(ddof=1) / len(gaps) ** 0.5
    return [round(float(value), 2) for value in (gaps.mean(), gaps.mean() - half, gaps.mean() + half)]


def measured(data: Any, size: int, draws: int) -> dict[str, Any]:
    """The ways' accuracies at one size."""
    judged = np.flatnonzero(data.kept & (data.images.split != "train"))
    labels, features = data.images.labels[judged], data.features[judged]
    found: dict[str, list[float]] = {}
    taken: dict[str, int] = {}
    promised = []
    for number in range(draws):
        made = heads(data, drawn(data, size, number))
        for way, head in made.items():
            found.setdefault(way, []).append(float((head.logits(features).argmax(1) == labels).mean()))
        few = made["few"]
        logs = refined(log_softmax(few.logits(features) / few.temperature), features)
        found.setdefault("few, refined", []).append(float((logs.argmax(1) == labels).mean()))
        promised.append(float(few.oof.right.mean()))
        word = few.classic or f"probe(strength={few.strength:g})"
        taken[word] = taken.get(word, 0) + 1
    values = {way: np.array(one) for way, one in found.items()}
    single = [way for way in values if not way.startswith("few")]
    best = max(single, key=lambda way: values[way].mean())
    return {
        "judged": len(judged), "draws": draws,
        "accuracy": {way: [round(100 * float(part), 2) for part in (one.mean(), one.std(ddof=1))]
                     for way, one in values.items()},
        "best": best, "few minus best": gap(values["few"], values[best]), "taken": taken,
        "few minus its own out-of-fold figure": gap(values["few"], np.array(promised)) if size > 1 else None,
        "flips averaged minus few": gap(values["few, flips averaged"], values["few"]),
        "refined minus few": gap(values["few, refined"], values["few"]),
    }  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--draws", type=int, default=6)
    asked.add_argument("--tiny", action="store_true", help="two draws of the two smallest sizes, nothing is written")
    given = asked.parse_args()
    data = examine(load(DATA / "clothing"), Recipe(check="none"), Log())
    if given.tiny:
        print({size: measured(data, size, 2) for size in SIZES[:2]})
        return
    found: dict[str, Any] = json.loads(KEPT.read_text())["labels a class"] if KEPT.exists() else {}
    for size in SIZES:
        if found.get(str(size), {}).get("draws") != given.draws:
            found[str(size)] = measured(data, size, given.draws)
        held = len(found) == len(SIZES) and all(one["few minus best"][0] >= -1 for one in found.values())
        keep("labels", {"claim": __doc__.splitlines()[0], "holds": held, "labels a class": found})


if __name__ == "__main__":
    main()
