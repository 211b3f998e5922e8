"""A taxonomy: are branches right as often as they say, and what is left of the answers?

    python bench/tree.py [--divisions 200] [--tiny]      --tiny tries ten divisions and writes nothing

A run learns from clothing's learning pictures, with ten classes in four branches (PARENTS). Its 713 held-out pictures
(validation and test) taught it nothing. "back_off": the smallest branch that is at least so likely, by probabilities
whose temperature is that of learning pictures: how often it is right beside how likely it said to be. "branch": half of
them, whole groups, calibrates, the other half judges, 200 times. "information": 1 for the right class, 0 for a wrong
answer or for everything. "plain": the likeliest class.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, keep
from conformal import halves, joined

PARENTS = {
    "t-shirt": "light tops", "shirt": "light tops", "light tops": "tops", "longsleeve": "tops", "outwear": "tops",
    "pants": "bottoms", "shorts": "bottoms", "skirt": "bottoms", "tops": "clothes", "bottoms": "clothes",
    "dress": "clothes", "clothes": "", "hat": "", "shoes": "",
}  # fmt: skip
COVERAGES = (0.9, 0.95, 0.97, 0.99)


def main() -> None:
    """Train, name branches, count, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--divisions", type=int, default=200)
    parser.add_argument("--tiny", action="store_true")
    asked = parser.parse_args()
    import linne
    from linne.core.taxonomy import Taxonomy
    from linne.engine.figures_tree import branched
    from linne.engine.task import heat

    with tempfile.TemporaryDirectory(prefix="linne-tree-") as place:
        run = linne.train(DATA / "clothing", out=Path(place) / "run", check="none", unknown="none")
        parts = {split: run.predictions(split) for split in ("train", "validation", "test")}
    held = joined([replace(parts[split], temperature=heat(parts["train"])) for split in ("validation", "test")])
    tree = Taxonomy(held.classes, PARENTS)
    figures = branched(tree, held)
    found = {
        "pictures": len(held), "divisions": 10 if asked.tiny else asked.divisions,
        "figures": {name: ends(one) for name, one in figures["figures"].items()},
        "depths": [ends(one["accuracy"]) for one in figures["depths"]],
        "back_off": {str(row["least"]): backed(tree, held, row) for row in figures["back_off"]},
    }  # fmt: skip
    found["branch"] = {str(share): branches(tree, held, share, found["divisions"]) for share in COVERAGES}
    if asked.tiny:
        print(found)
    else:
        keep("tree", found)


def ends(one: dict[str, Any]) -> list[float]:
    """[value, low, high]."""
    return [round(one[end], 4) for end in ("value", "low", "high")]


def backed(tree: Any, held: Any, row: dict[str, Any]) -> dict[str, Any]:
    """What naming a branch from this level on came to, and the mean of how likely the named branches said to be."""
    at = tree.back_off(held.probabilities, row["least"])
    some = at < len(tree.nodes) - 1
    sure = tree.probabilities(held.probabilities)[np.arange(len(at)), at][some]
    told = {name: ends(row[name]) for name in ("answered", "right", "classes", "information")}
    return told | {"said to be right": round(float(sure.mean()), 4)}


def branches(tree: Any, held: Any, share: float, times: int) -> dict[str, Any]:
    """Coverage, classes and information over divisions; of these the plain answers' accuracy."""
    from linne.engine.figures_tree import information
    from linne.tricks.sets.branch import branch

    rows = []
    for number in range(times):
        own, other = halves(held, number)
        new = held.take(other)
        at = tree.smallest(branch(held.take(own), share, tree)(new.logits))
        told = information(tree, at, new.labels).mean()
        plain = information(tree, new.guesses, new.labels).mean()
        rows.append((tree.holds(at, new.labels).mean(), (at < len(tree.classes)).mean(), told, plain))
    coverage, classes, told, plain = (np.array(column) for column in zip(*rows, strict=True))
    return {"coverage": round(float(coverage.mean()), 4), "from": round(float(np.quantile(coverage, 0.05)), 4),
            "to": round(float(np.quantile(coverage, 0.95)), 4), "classes": round(float(classes.mean()), 4),
            "information": round(float(told.mean()), 4), "plain": round(float(plain.mean()), 4)}  # fmt: skip


if __name__ == "__main__":
    main()
