"""Labels that each query needs for 0.85 of accuracy on clothing, beside random choice: 5 starts of 5 labels a class.

    python bench/suggest.py [--tiny]      # goes on where it was stopped, query by query

A start labels 5 pictures a class of the training split; the rest of it is the pool, its labels hidden, twins of others
taken out, as `linne suggest` does. Each round asks for 50 more, and the first classifier is learned anew of all that
has a label, up to 900, or on to 1,500 where 0.85 was not reached. Validation and test pictures judge together; what a
query needs is where the rising line through its rounds (isotonic: one lucky round is no crossing) reaches 0.85.
"higher" is how much higher its accuracy is, over the rounds to 900. Both are paired with random choice from the same
start; intervals are over starts, and hold for these pictures. The default query is the one that needs the fewest from
the 5 starts; "confirmed" is what it saves from 10 more starts, which did not choose it.
"""

import argparse
import json
from typing import Any

import numpy as np
from _measure import DATA, ROOT, keep
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
STARTS, FRESH = 5, 10
KEPT = ROOT / "bench" / "results" / "suggest.json"
Rounds = list[list[tuple[int, float]]]
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
    """Every query from every start, then the best and random choice from others."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--tiny", action="store_true", help="one start, 200 labels at most; nothing is kept")
    tiny = given.parse_args().tiny
    data = examine(load(DATA / "clothing"), Recipe(check="none"), Log(quiet=True))
    before = json.loads(KEPT.read_text()) if KEPT.exists() and not tiny else {}
    each, fresh = (opened(before.get(name, {})) for name in ("rounds", "fresh"))

    def every(query: str, starts: range, into: dict[str, Rounds]) -> None:
        if query not in into:
            into[query] = [asked(data, query, seed, 200 if tiny else MOST) for seed in starts]
            print(query, starts, [round(needed(one), 1) for one in into[query]], flush=True)
            if not tiny:
                KEPT.write_text(json.dumps(before | {"rounds": closed(each), "fresh": closed(fresh)}))

    for query in QUERIES:
        every(query, range(1 if tiny else STARTS), each)
    if tiny:
        return
    best = min(QUERIES, key=lambda query: np.mean([needed(one) for one in each[query]]))
    for query in ("random", best):
        every(query, range(STARTS, STARTS + FRESH), fresh)
    found = {"claim": (__doc__ or "").splitlines()[0], "goal": GOAL, "batch": BATCH, "starts": STARTS, "best": best}
    found |= {
        "queries": told(each),
        "confirmed": {"starts": FRESH, **told(fresh)},
        "rounds": closed(each),
        "fresh": closed(fresh),
    }
    keep("suggest", plain(found))


def closed(each: dict[str, Rounds]) -> dict[str, list[str]]:
    """Every start's accuracies, one after the other, as text."""
    return {query: [" ".join(f"{hit:.5f}" for _, hit in one) for one in rounds] for query, rounds in each.items()}


def opened(kept: dict[str, list[str]]) -> dict[str, Rounds]:
    """What `closed` kept; the first round has EACH labels of each of ten classes."""
    return {
        query: [[(10 * EACH + BATCH * k, float(hit)) for k, hit in enumerate(one.split())] for one in rounds]
        for query, rounds in kept.items()
    }


def told(each: dict[str, Rounds]) -> dict[str, Any]:
    """Labels needed by each query, and what it saves and gains beside random choice."""
    labels = {query: np.array([needed(one) for one in rounds]) for query, rounds in each.items()}
    height = {query: np.array([np.mean([hit for n, hit in one if n <= MOST]) for one in rounds])
              for query, rounds in each.items()}  # fmt: skip
    return {
        query: {"labels": mean(found), "saved": mean(labels["random"] - found),
                "higher": mean(height[query] - height["random"]), "each": found.round(1).tolist()}
        for query, found in labels.items()
    }  # fmt: skip


if __name__ == "__main__":
    main()
