"""Is a comparison's verdict wrong no more often than it says, and are "pictures needed" those that are?

    python bench/compare.py [--trials 500]

Pairs of classifiers whose true difference is 0, 1, 2 or 4 points and whose errors go together: they disagree on 5 or
15 % of the pictures. With groups, five pictures each have answers correlated by 0.2. A verdict is wrong that calls a
run better which is not. The truth about pictures needed is searched for by simulation: the number at which 80 % of
2,000 sets tell the difference.
"""

import argparse
import time
from itertools import product
from typing import Any

import numpy as np
from _measure import keep

from linne.core.files import plain
from linne.core.intervals import quantile
from linne.core.power import POWER, ROUGH, Pairs
from linne.core.predictions import Predictions
from linne.core.rng import rng
from linne.engine.versus import LEVEL, against

EFFECTS, COUNTS, DISAGREE, SIZES = (0.0, 0.01, 0.02, 0.04), (300, 1000, 3000), (0.05, 0.15), (1, 5)
RIGHT, CORRELATION = 0.85, 0.2
"""Share that both have right, and how alike two pictures of a group are answered."""


def shares(effect: float, disagree: float) -> np.ndarray:
    """Chances that the first alone, the second alone, both, and none are right."""
    return np.array([(disagree - effect) / 2, (disagree + effect) / 2, RIGHT - disagree / 2, 1 - RIGHT - disagree / 2])


def kinds(draw: np.random.Generator, chance: np.ndarray, n: int, size: int) -> np.ndarray:
    """(n,) 0 to 3, who is right; groups of `size` share chances of their own (Dirichlet)."""
    if size == 1:
        return draw.choice(4, n, p=chance)
    own = draw.dirichlet(chance * (1 - CORRELATION) / CORRELATION, n // size).cumsum(1)
    return (draw.random(n)[:, None] > np.repeat(own, size, 0)).sum(1).clip(0, 3)


def said(right: np.ndarray, labels: np.ndarray, group: np.ndarray) -> Predictions:
    """Predictions of two classes that are right where they should be."""
    logits = np.zeros((len(right), 2))
    logits[np.arange(len(right)), np.where(right, labels, 1 - labels)] = 2.0
    return Predictions(logits, labels, np.arange(len(right)), ("a", "b"), np.arange(len(right)).astype(str), group)


def needed(effect: float, disagree: float, size: int, sets: int = 2000) -> float:
    """Pictures at which the share POWER of simulated sets tells this difference, by bisection."""
    low, high = np.log(50.0), np.log(200_000.0)
    for step in range(14):
        n = int(np.exp((low + high) / 2)) // size * size
        told = power(rng(step, "power", n), effect, disagree, n, size, sets)
        low, high = (low, np.log(n)) if told > POWER else (np.log(n), high)
    return float(np.exp((low + high) / 2))


def power(draw: np.random.Generator, effect: float, disagree: float, n: int, size: int, sets: int) -> float:
    """Share of sets of n pictures whose mean difference is told from 0, from the spread between groups."""
    chance, count, told = shares(effect, disagree), n // size, []
    for _ in range(sets):
        if size == 1:
            wins = draw.multinomial(n, chance)
            mean, square = (wins[1] - wins[0]) / n, (wins[1] + wins[0]) / n
            error = np.sqrt((square - mean**2) / n)
        else:
            own = draw.multinomial(size, draw.dirichlet(chance * (1 - CORRELATION) / CORRELATION, count))
            gap = (own[:, 1] - own[:, 0]) / size
            mean, error = gap.mean(), gap.std(ddof=1) / np.sqrt(count)
        told.append(mean > error * quantile(LEVEL, None if size == 1 else count - 1))
    return float(np.mean(told))


def cell(effect: float, n: int, disagree: float, size: int, trials: int, truth: dict[float, float]) -> dict[str, Any]:
    """Shares of right, wrong and withheld verdicts, coverage, and how far the plans are from the truth."""
    tally, ratios = [], {planned: [] for planned in truth}
    for trial in range(trials):
        draw = rng(trial, "compare", str(effect), n, str(disagree), size)
        who = kinds(draw, shares(effect, disagree), n, size)
        labels = draw.integers(0, 2, n)
        group = np.repeat(np.arange(n // size), size).astype(str).astype(object) if size > 1 else np.full(n, "", object)
        right = (who == 0) | (who == 2), (who == 1) | (who == 2)
        found = against([said(one, labels, group) for one in right], ("a", "b"), effect=0.01)["pairs"][0]
        wrong = found["told"] and (effect == 0 or found["value"] < 0)
        tally.append((wrong, found["told"] and not wrong, found["low"] <= effect <= found["high"]))
        pairs = Pairs.of(*right, group)
        for planned in truth:
            ratios[planned].append(pairs.needed(planned) / truth[planned])
    wrong, told, held = np.mean(tally, axis=0)
    plans = {
        f"{100 * planned:g} points": {
            "truth": truth[planned], "median ratio": np.median(ratio),
            "within 1.5": np.mean([1 / 1.5 <= one <= 1.5 for one in ratio]),
        }
        for planned, ratio in ratios.items()
    }  # fmt: skip
    where = {"difference": effect, "n": n, "disagreement": disagree, "group size": size}
    return where | {"wrong": wrong, "told rightly": told, "interval holds": held, "plans": plans}


def expected_rough(one: dict[str, Any]) -> bool:
    """Whether so few independent pictures differ in this cell that its plans say that they are rough."""
    design = 1 + (one["group size"] - 1) * CORRELATION
    return one["n"] * one["disagreement"] / design < ROUGH


def main() -> None:
    """Every cell, and what the worst of them comes to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    asked, begun, cells = parser.parse_args(), time.perf_counter(), []
    for disagree, size in product(DISAGREE, SIZES):
        truth = {planned: needed(planned, disagree, size) for planned in EFFECTS[1:]}
        for effect, n in product(EFFECTS, COUNTS):
            cells.append(cell(effect, n, disagree, size, asked.trials, truth))
            print({k: v for k, v in cells[-1].items() if k != "plans"}, flush=True)
    plans = [plan for one in cells for plan in one["plans"].values()]
    sure = [plan for one in cells if not expected_rough(one) for plan in one["plans"].values()]
    keep("compare", plain({
        "trials": asked.trials, "stated": 1 - LEVEL, "seconds": round(time.perf_counter() - begun),
        "wrong verdicts, worst cell": max(one["wrong"] for one in cells),
        "wrong verdicts, all": np.mean([one["wrong"] for one in cells]),
        "wrong verdicts where nothing differs": np.mean([one["wrong"] for one in cells if not one["difference"]]),
        "intervals that hold, least": min(one["interval holds"] for one in cells),
        "median plan over truth": [min(p["median ratio"] for p in plans), max(p["median ratio"] for p in plans)],
        "plans within 1.5, all": np.mean([p["within 1.5"] for p in plans]),
        "plans within 1.5, worst cell": min(p["within 1.5"] for p in plans),
        "plans within 1.5, where none is said to be rough": np.mean([p["within 1.5"] for p in sure]),
        "cells": cells,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
