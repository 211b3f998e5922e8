"""Do 90 % intervals hold the truth 90 % of the time? Simulated test sets whose truth is known, cell by cell.

    python bench/coverage.py [--sets 500] [--part shares|groups|composite|paired]...

A cell outside of 85 to 95 % must warn, and one inside must not: it "warns" when more than half of its sets do. A cell
whose 500 sets leave it within two standard errors of an edge is simulated again with eight times as many.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.intervals import Interval, paired, quantile, score, wilson
from linne.core.lookup import find
from linne.core.predictions import Predictions
from linne.core.resample import bootstrap
from linne.core.rng import rng

LEVEL, LOW, HIGH = 0.9, 0.85, 0.95
RESULTS = Path(__file__).parent / "results" / "coverage.json"
ACCURACIES = (0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
FIGURES = ("balanced_accuracy", "macro_f1", "auc", "log_loss")
Draw = Callable[[np.random.Generator], dict[str, tuple[Interval, float]]]
"""One simulated test set: interval and truth by method."""


def shares() -> Iterator[tuple[dict[str, Any], Draw]]:
    """Accuracy of independent pictures."""
    for n in (12, 15, 20, 30, 50, 100, 200, 300, 1000, 3000):
        for accuracy in ACCURACIES:

            def draw(draws: np.random.Generator, n: int = n, accuracy: float = accuracy) -> dict[str, Any]:
                return {"linne": (wilson(draws.random(n) < accuracy, None, LEVEL), accuracy)}

            yield {"n": n, "accuracy": accuracy}, draw


def groups() -> Iterator[tuple[dict[str, Any], Draw]]:
    """Accuracy of pictures in groups whose own accuracies are beta distributed with this correlation."""
    for count in (12, 20, 50, 100, 200):
        for size in (3, 10, 30, "1 to 30"):
            for correlation in (0.05, 0.2, 0.5):
                for accuracy in ACCURACIES:
                    if size == 30 and count == 200:
                        continue

                    def draw(draws: np.random.Generator, c=count, s=size, r=correlation, a=accuracy) -> dict[str, Any]:
                        sizes = draws.integers(1, 31, c) if isinstance(s, str) else np.full(c, s)
                        group = np.repeat(np.arange(c), sizes)
                        right = draws.random(len(group)) < beta(draws, np.full(c, a), r)[group]
                        plain = plugged(right, group)
                        return {"linne": (wilson(right, group, LEVEL), a), "plug-in design effect": (plain, a)}

                    where = {"groups": count, "size": size, "correlation": correlation, "accuracy": accuracy}
                    yield where, draw


def composite() -> Iterator[tuple[dict[str, Any], Draw]]:
    """Figures of a classifier whose classes are of unequal size and difficulty."""
    for count, size in ((12, 10), (20, 10), (40, 1), (50, 5), (100, 1), (100, 3), (500, 1)):
        for classes, accuracy in ((3, 0.7), (3, 0.9), (10, 0.8), (10, 0.95)):
            if classes == 10 and count < 50:
                continue
            truth = true_figures(classes, accuracy)

            def draw(draws: np.random.Generator, c=count, s=size, k=classes, a=accuracy, t=truth) -> dict[str, Any]:
                made = predicted(draws, c, s, k, a, 0.2 if s > 1 else 0.0)
                seed = int(draws.integers(1 << 30))
                found = bootstrap(measures(made), made.group, len(made), level=LEVEL, resamples=1000, seed=seed)
                return {name: (found[name], t[name]) for name in FIGURES}

            yield {"groups": count, "size": size, "classes": classes, "accuracy": accuracy}, draw


def differences() -> Iterator[tuple[dict[str, Any], Draw]]:
    """Accuracy of one classifier less another's on the same pictures: the second is 2 points worse."""
    for count, size in ((50, 1), (100, 1), (300, 1), (1000, 1), (12, 10), (20, 10), (50, 10), (200, 5)):
        for accuracy in (0.7, 0.9, 0.95):

            def draw(draws: np.random.Generator, c=count, s=size, a=accuracy) -> dict[str, Any]:
                group = np.repeat(np.arange(c), s)
                own = beta(draws, np.full(c, a), 0.2 if s > 1 else 0.0)[group]
                first = draws.random(c * s) < own
                flip = draws.random(c * s)
                second = np.where(first, flip >= 0.05, flip < (0.05 * a - 0.02) / (1 - a))
                return {"linne": (paired(first, second, group, LEVEL), 0.02)}

            yield {"groups": count, "size": size, "accuracy": accuracy}, draw


PARTS = {"shares": shares, "groups": groups, "composite": composite, "paired": differences}


def beta(draws: np.random.Generator, mean: np.ndarray, correlation: float) -> np.ndarray:
    """Accuracies of groups with these means (G,), and this correlation between two pictures of one group."""
    odds = (1 - correlation) / correlation if correlation else 0.0
    return draws.beta(mean * odds, (1 - mean) * odds) if correlation else mean


def plugged(right: np.ndarray, group: np.ndarray) -> Interval:
    """Wilson on the plug-in design effect with Student's quantile: what is usually done, for comparison."""
    sizes, hits = np.bincount(group), np.bincount(group, right)
    n, count, share = len(right), len(sizes), right.mean()
    between = count / (count - 1) * ((hits - share * sizes) ** 2).sum() / n**2
    effect = max(1.0, between / (share * (1 - share) / n)) if 0 < share < 1 else 1.0
    return Interval(share, *score(share, n / effect, quantile(LEVEL, count - 1)), n, "plug-in")


def predicted(draws: np.random.Generator, count: int, size: int, classes: int, accuracy: float, correlation: float):
    """Predictions of `count` groups of `size` pictures of one class each; class k is k's share more frequent."""
    frequency = np.linspace(1, 3, classes) / np.linspace(1, 3, classes).sum()
    kind = draws.choice(classes, count, p=frequency)
    mean = accuracy + np.linspace(-1, 1, classes)[kind] * min(0.1, (1 - accuracy) / 2)
    group = np.repeat(np.arange(count), size)
    labels, n = kind[group], count * size
    right = draws.random(n) < beta(draws, mean, correlation)[group]
    other = (labels + 1 + np.minimum(draws.exponential(classes / 6, n).astype(int), classes - 2)) % classes
    logits = draws.normal(0, 1, (n, classes))
    top = logits.max(axis=1) + draws.exponential(2, n) * np.where(right, 1, 0.5)
    logits[np.arange(n), np.where(right, labels, other)] = top
    names = tuple(map(str, range(classes)))
    return Predictions(logits, labels, np.arange(n), names, np.arange(n).astype(str), group.astype(str).astype(object))


def measures(made: Predictions) -> dict[str, Callable[..., Any]]:
    """Each of FIGURES as a figure of row weights."""
    return {name: partial(find("metric", name), made) for name in FIGURES}


def true_figures(classes: int, accuracy: float) -> dict[str, float]:
    """What the figures are of 400,000 independent pictures."""
    made = predicted(rng(0, "truth"), 400_000, 1, classes, accuracy, 0.0)
    return {name: float(measure(None)) for name, measure in measures(made).items()}


def cell(where: dict[str, Any], draw: Draw, sets: int, part: str) -> dict[str, Any]:
    """Coverage, mean width and share of warnings by method; more sets where they leave open on which side it is."""
    tally: dict[str, list[tuple[bool, float, bool]]] = {}
    most = sets * (1 if part == "composite" else 8)
    for number in range(most):
        if number == sets and not any(close(np.mean([row[0] for row in rows]), sets) for rows in tally.values()):
            break
        for name, (interval, truth) in draw(rng(number, part, json.dumps(where))).items():
            held = interval.low - 1e-12 <= truth <= interval.high + 1e-12
            tally.setdefault(name, []).append((held, interval.high - interval.low, interval.warning != ""))
    out = {}
    for name, rows in tally.items():
        coverage, width, warned = (float(np.mean([row[i] for row in rows])) for i in range(3))
        out[name] = {"coverage": coverage, "width": width, "warned": warned, "sets": len(rows)}
    return where | {"methods": out}


def close(coverage: float, sets: int) -> bool:
    """Within two standard errors of an edge."""
    return min(abs(coverage - LOW), abs(coverage - HIGH)) < 2 * np.sqrt(coverage * (1 - coverage) / sets) + 1e-9


def summary(cells: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By method: cells, how many are outside, and how many warn where they should not or the reverse."""
    out = {}
    for name in cells[0]["methods"]:
        rows = [one["methods"][name] for one in cells]
        outside = np.array([not LOW <= row["coverage"] <= HIGH for row in rows])
        far = np.array([not LOW - 0.01 <= row["coverage"] <= HIGH + 0.01 for row in rows])
        warns = np.array([row["warned"] > 0.5 for row in rows])
        out[name] = {
            "cells": len(rows),
            "least": min(row["coverage"] for row in rows),
            "greatest": max(row["coverage"] for row in rows),
            "outside": int(outside.sum()),
            "outside without warning": int((outside & ~warns).sum()),
            "of these by over a point": int((far & ~warns).sum()),
            "inside with warning": int((~outside & warns).sum()),
        }
    return out


def main() -> None:
    """Run the parts, print their summaries and write them beside what other parts left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--part", action="append", choices=tuple(PARTS))
    asked = parser.parse_args()
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found["command"] = "python bench/coverage.py"
    found["machine"] = "2 cores AMD EPYC Zen 4, avx512_bf16, Python 3.11, compiled bytecode"
    found["level"] = LEVEL
    for part in asked.part or PARTS:
        start = time.perf_counter()
        cells = [cell(where, draw, asked.sets, part) for where, draw in PARTS[part]()]
        found[part] = {"summary": summary(cells), "seconds": round(time.perf_counter() - start), "cells": cells}
        print(part, json.dumps(found[part]["summary"], indent=2))
        for one in cells:
            for name, row in one["methods"].items():
                outside, warns = not LOW <= row["coverage"] <= HIGH, row["warned"] > 0.5
                if name != "plug-in design effect" and outside != warns:
                    print(" ", {k: v for k, v in one.items() if k != "methods"}, name, row)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
