"""Labels that each query needs for 0.85 of accuracy on clothing, beside random choice: 5 starts of 5 labels a class.

    python bench/suggest.py [--seeds 5] [--tiny]

A start labels 5 pictures a class of the training split; the rest of it is the pool, its labels hidden, twins of others
taken out, as `linne suggest` does. Each round asks for 50 more, and the first classifier is learned anew of all that
has a label, up to 900, or on to 1,500 where 0.85 was not reached. Validation and test pictures judge together; what a
query needs is where the rising line through its rounds (isotonic: one lucky round is no crossing) reaches 0.85.
"higher" is how much higher its accuracy is, over the rounds to 900. Both are paired with random choice from the same
start; intervals are over starts, and hold for these pictures. The default query was chosen on these figures.
"""

import argparse
import time
from functools import partial
from typing import Any

import numpy as np
from _measure import DATA, keep
from scipy.optimize import isotonic_regression

from linne.core.files import plain
from linne.core.intervals import quantile
from linne.core.load import load
from linne.core.predictions import Predictions
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.data import Data, examine
from linne.engine.log import Log
from linne.engine.probe import probe
from linne.engine.query import Question

GOAL, EACH, BATCH, MOST, FAR = 0.85, 5, 50, 900, 1500
QUERIES = (
    "random", "uncertain", "uncertain(measure=entropy)", "uncertain(measure=confidence)", "cover", "disagree",
    "disagree(measure=votes)", "badge",
)  # fmt: skip


def dealt(data: Data, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that have a label at the start, of the pool (one of each group of twins), and that judge."""
    labels, split = data.images.labels, data.images.split
    judge = np.flatnonzero((split != "train") & data.kept)
    learn = rng(seed, "suggest").permutation(np.flatnonzero((split == "train") & data.kept))
    learn = learn[~np.isin(data.twins[learn], data.twins[judge])]
    learn = learn[np.sort(np.unique(data.twins[learn], return_index=True)[1])]
    known = np.concatenate([learn[labels[learn] == k][:EACH] for k in range(len(data.images.classes))])
    return known, np.setdiff1d(learn, known), judge


def asked(data: Data, query: str, seed: int, most: int) -> list[tuple[int, float]]:
    """(labels, accuracy) of every round of this query until it has `most`, and on to FAR short of the goal."""
    known, pool, judge = dealt(data, seed)
    labels, out = data.images.labels, []
    for number in range((FAR - len(known)) // BATCH):
        head = probe(data.features[known], data.images.take(known), seed=seed)
        hit = head.logits(data.features[judge]).argmax(1) == labels[judge]
        out.append((len(known), float(hit.mean())))
        if len(known) + BATCH > most and (most < MOST or needed(out) == needed(out)):
            break
        blank = np.full(len(pool), "", object)
        said = Predictions(head.logits(data.features[pool]), np.full(len(pool), -1), pool, head.classes, blank, blank,
                           head.temperature)  # fmt: skip
        seen, group = data.features[known], data.images.group[known]
        question = Question(seen, labels[known], group, data.features[pool], said, head.strength)
        places, _ = question.ask(query, BATCH, seed, number)
        known = np.concatenate([known, pool[places]])
        pool = np.delete(pool, places)
    return out


def needed(rounds: list[tuple[int, float]]) -> float:
    """Labels at which the rising line through the rounds reaches the goal; NaN where it never does."""
    labels, seen = np.array(rounds).T
    line = isotonic_regression(seen).x
    above = np.flatnonzero(line >= GOAL)
    if not len(above) or not above[0]:
        return float("nan")
    at = above[0]
    return float(np.interp(GOAL, line[at - 1 : at + 1], labels[at - 1 : at + 1]))


def mean(values: np.ndarray) -> dict[str, float]:
    """Mean with its 95 % t interval over starts."""
    half = quantile(0.95, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
    ends = {"value": values.mean(), "low": values.mean() - half, "high": values.mean() + half}
    return {name: round(float(end), 1 if abs(end) > 1 else 4) for name, end in ends.items()}


def main() -> None:
    """Every query from every start."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--seeds", type=int, default=5)
    given.add_argument("--tiny", action="store_true", help="one start, 200 labels at most; nothing is kept")
    wanted = given.parse_args()
    data = examine(load(DATA / "clothing"), Recipe(check="none"), Log(quiet=True))
    run = partial(asked, data, most=200 if wanted.tiny else MOST)
    each: dict[str, list[list[tuple[int, float]]]] = {}
    for query in QUERIES:
        begun = time.monotonic()
        each[query] = [run(query, seed) for seed in range(1 if wanted.tiny else wanted.seeds)]
        print(query, [round(needed(one)) if needed(one) == needed(one) else one[-1] for one in each[query]],
              f"{time.monotonic() - begun:.0f} s", flush=True)  # fmt: skip
    if not wanted.tiny:
        keep("suggest", plain(told(each)))


def told(each: dict[str, list[list[tuple[int, float]]]]) -> dict[str, Any]:
    """Labels needed by each query, what it saves beside random choice, and its curve."""
    labels = {query: np.array([needed(one) for one in rounds]) for query, rounds in each.items()}
    height = {query: np.array([np.mean([hit for n, hit in one if n <= MOST]) for one in rounds])
              for query, rounds in each.items()}  # fmt: skip
    rows = {
        query: {"labels": mean(found), "saved": mean(labels["random"] - found),
                "higher": mean(height[query] - height["random"]), "each": found.round(1).tolist()}
        for query, found in labels.items()
    }  # fmt: skip
    return {"claim": (__doc__ or "").splitlines()[0], "goal": GOAL, "starts": len(labels["random"]), "batch": BATCH,
            "queries": rows, "rounds": each}  # fmt: skip


if __name__ == "__main__":
    main()
