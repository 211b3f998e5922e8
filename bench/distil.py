"""What teachers are worth: EfficientNet-Lite0 on clothing alone, taught by five of its kind, or by its head's labels.

    python bench/distil.py [--size 96] [--epochs 8] [--seeds 3]

Five teachers are fine-tuned whole, with seeds of their own. Each student is fine-tuned the same way with and without a
teacher; gains are paired on the test pictures over all seeds, a picture and its seeds one group. Small pictures, so
that it ends within hours of two cores. Finished runs are kept under the cache's home, so the bench goes on where it
stopped.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, keep

from linne.core.intervals import paired
from linne.core.run import Run
from linne.engine import cache
from linne.verbs.train import train

TEACHERS = 5


def fitted(place: Path, method: str, seed: int, given: argparse.Namespace) -> Run:
    """The run, made where it is not there yet."""
    if not (place / "DONE.json").exists():
        train(DATA / "clothing", out=place, method=method, epochs=float(given.epochs), size=given.size, seed=seed,
              loss="cross_entropy", check="none")  # fmt: skip
    return Run(place)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--size", type=int, default=96)
    asked.add_argument("--epochs", type=float, default=8)
    asked.add_argument("--seeds", type=int, default=3)
    given = asked.parse_args()
    home = cache.home() / "bench" / f"distil-{given.size}-{given.epochs:g}"
    teachers = [fitted(home / f"teacher-{seed}", "full", 100 + seed, given) for seed in range(TEACHERS)]
    five = "+".join(str(run.path) for run in teachers)
    ways = {
        "alone": "full",
        "five teachers": f"distil(teacher='{five}')",
        "five, decoupled": f"dkd(teacher='{five}')",
        "own labels out of fold": "distil(teacher=self)",
    }
    said: dict[str, list[Any]] = {name: [] for name in ways}
    # alone and five teachers over all seeds first: the figure that is asked for stands before the others are begun
    asked_first = [(seed, name) for seed in range(given.seeds) for name in list(ways)[:2]]
    for seed, name in asked_first + [(seed, name) for name in list(ways)[2:] for seed in range(given.seeds)]:
        run = fitted(home / f"{name.replace(' ', '-')}-{seed}", ways[name], seed, given)
        said[name].append(run.predictions("test"))
        print(seed, name, round(float(said[name][-1].right.mean()), 4), flush=True)
        if name != "alone":
            keep("distil", summed(said, teachers, given))


def summed(said: dict[str, list[Any]], teachers: list[Run], given: argparse.Namespace) -> dict[str, Any]:
    """Accuracies, and each way's gain over the student alone."""
    found = {}
    for name, each in ((name, each) for name, each in said.items() if each):
        alone = said["alone"][: len(each)]
        right = [np.concatenate([one.right for one in ones]) for ones in (each, alone)]
        gain = paired(right[0], right[1], np.concatenate([one.rows.astype(str) for one in alone]))
        found[name] = {"accuracy": round(float(right[0].mean()), 4), "seeds": len(each)}
        if name != "alone":
            found[name]["gain"] = [round(end, 4) for end in (gain.value, gain.low, gain.high)]
    return {
        "claim": "a student taught by five beside the same student alone, paired on the test split of clothing",
        "network": "tf_efficientnet_lite0", "size": given.size, "epochs": given.epochs,
        "teachers": [round(float(run.predictions("test").right.mean()), 4) for run in teachers], "students": found,
    }  # fmt: skip


if __name__ == "__main__":
    main()
