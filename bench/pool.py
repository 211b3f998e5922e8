"""What a pool of unlabelled pictures is worth to a first classifier: clothing with few labels, the rest as pool.

    python bench/pool.py [--seeds 5]

A seed draws 10 (or 30) labelled pictures of each class from the training split; the rest of it is the pool, its labels
hidden, twins of test pictures taken out. "kept" is what linne train --pool gives, which drops the pool where labelled
pictures see no gain; "always" keeps it. The test split judges; gains are paired and cover pictures and seeds.
"""

import argparse
from typing import Any

import numpy as np
from _measure import DATA, keep

from linne.core.files import plain
from linne.core.intervals import quantile
from linne.core.load import load
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.data import Data, examine
from linne.engine.log import Log
from linne.engine.pseudo import Lesson, joined, pseudo, taught

SIZES, LEVELS = (10, 30), (0.95, 0.9)
WAYS = "plain", "kept", "always"


def drawn(data: Data, each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the labelled pictures, `each` of every class, and of the pool."""
    labels, split = data.images.labels, data.images.split
    learn = rng(seed, "pool", each).permutation(np.flatnonzero((split == "train") & data.kept))
    known = np.sort(np.concatenate([learn[labels[learn] == k][:each] for k in range(len(data.images.classes))]))
    taken = np.concatenate([data.twins[known], data.twins[split == "test"]])
    rest = learn[~np.isin(data.twins[learn], taken)]
    return known, np.sort(rest)


def once(data: Data, each: int, level: float, seed: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Of one draw: for every way (n,) bool, who of the test pictures is called rightly; and how good the pool was."""
    known, rest = drawn(data, each, seed)
    labels, test = data.images.labels, np.flatnonzero((data.images.split == "test") & data.kept)
    lesson = Lesson(data.features[known], data.images.take(known), data.features[rest], level, seed=seed)
    head = lesson.plain()
    found, _, told = taught(lesson, head)
    said = pseudo(lesson, head)
    always = joined(lesson, head, said) if said.teaches.any() else head
    hits = {
        way: one.logits(data.features[test]).argmax(1) == labels[test]
        for way, one in zip(WAYS, (head, found, always), strict=True)
    }
    used = said.teaches
    row = {"seed": seed, "pool": len(rest), "pseudo-labels": int(used.sum()), "kept": told["kept"],
           "classes": len(set(said.guess[used].tolist())), "verdict": told["verdict"],
           "precision": float((said.guess[used] == labels[rest][used]).mean()) if used.any() else None,
           "whole pool's precision": float((said.guess == labels[rest]).mean()),
           "gain out of fold": told["gain"]["value"] if told["gain"] else None, "folds": told.get("each"),
           "accuracy": {way: float(one.mean()) for way, one in hits.items()}}  # fmt: skip
    return hits, row


def gain(first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    """How much oftener `first` is right than `second`, (seeds, n) bool each. Both ways of a seed learn from the same
    draw, so pictures' and seeds' differences each have an interval, joined as the root of their squares."""
    gaps = first.astype(float) - second
    half = [quantile(0.95, len(one) - 1) * one.std(ddof=1) / len(one) ** 0.5 for one in (gaps.mean(0), gaps.mean(1))]
    value, wide = float(gaps.mean()), float(np.hypot(*half))
    return {"value": round(value, 5), "low": round(value - wide, 5), "high": round(value + wide, 5),
            "seeds": gaps.mean(1).round(5).tolist(), "n": gaps.shape[1]}  # fmt: skip


def main() -> None:
    """Every size and level over the seeds."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seeds", type=int, default=5)
    seeds = asked.parse_args().seeds
    data = examine(load(DATA / "clothing"), Recipe(check="none"), Log(quiet=True))
    found: dict[str, Any] = {}
    for each in SIZES:
        for level in LEVELS:
            rows, hits = [], []
            for seed in range(seeds):
                one, row = once(data, each, level, seed)
                hits.append(one)
                rows.append(row)
                print(each, level, row, flush=True)
            sides = {way: np.stack([one[way] for one in hits]) for way in WAYS}
            found[f"{each} labels a class, level {level:g}"] = {
                "accuracy": {way: round(float(side.mean()), 4) for way, side in sides.items()},
                "gain": {way: gain(sides[way], sides["plain"]) for way in WAYS[1:]},
                "each": rows,
            }
    keep("pool", plain({"claim": __doc__.splitlines()[0], "seeds": seeds, **found}))


if __name__ == "__main__":
    main()
