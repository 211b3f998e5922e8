"""Where a classifier is wrong: its surest mistakes, the classes it mixes up, and slices worse than the rest."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.correlation import design_effect
from ..core.facts import Facts
from ..core.intervals import clusters, holm, wilson
from ..core.predictions import Predictions
from ..core.rng import rng

SMALL = 10
"""Slices, and what is outside of them, need this many pictures to be looked at."""
FIT = 10_000
"""k-means learns its centres on at most this many pictures."""

Slice = tuple[str, str, np.ndarray]
"""(kind, name, (n,) bool)."""


def analyse(
    predictions: Predictions,
    *,
    features: "np.ndarray | None" = None,
    facts: "Facts | None" = None,
    level: float = 0.95,
    seed: int = 0,
    most: int = 24,
) -> dict[str, Any]:
    """JSON-ready: "errors" (at most `most`, surest first), "confused" (pairs of classes), "weak" slices, "tested".

    features (N, D) and facts (N) are of the Images that `predictions.rows` points into; what is not given is not
    sliced by. A row in the answer is a row of those Images. Rows without a label are left out.
    """
    known = predictions.take(np.flatnonzero(predictions.labels >= 0))
    slices = [] if features is None else list(by_cluster(known, features, seed))
    slices += [] if facts is None else list(by_facts(facts.take(known.rows)))
    slices = [one for one in slices if min(one[2].sum(), (~one[2]).sum()) >= SMALL]
    return {
        "errors": errors(known, most),
        "confused": confused(known, most),
        "weak": weak(known, slices, level, most),
        "tested": len(slices),
    }


def errors(known: Predictions, most: int) -> list[dict[str, Any]]:
    """The wrong guesses of the highest probability, surest first; unreadable pictures are not among them."""
    wrong = np.flatnonzero(known.read & ~known.right)
    sure = known.probabilities[wrong, known.guesses[wrong]]
    order = wrong[np.argsort(-sure, kind="stable")][:most]
    return [
        {
            "row": int(known.rows[place]),
            "name": str(known.names[place]),
            "label": known.classes[known.labels[place]],
            "guess": known.classes[known.guesses[place]],
            "confidence": float(known.probabilities[place, known.guesses[place]]),
            "of_label": float(known.probabilities[place, known.labels[place]]),
        }
        for place in order
    ]


def confused(known: Predictions, most: int) -> list[dict[str, Any]]:
    """Pairs of classes by how often either is taken for the other, most often first; `rows` are the mistakes."""
    wrong = np.flatnonzero(known.read & ~known.right)
    pairs = np.sort(np.stack([known.labels[wrong], known.guesses[wrong]], axis=1), axis=1)
    kinds, place, counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    out = []
    for one in np.argsort(-counts, kind="stable")[:most]:
        first, second = kinds[one]
        rows = wrong[place.reshape(-1) == one]
        out.append(
            {
                "first": known.classes[first],
                "second": known.classes[second],
                "n": int(counts[one]),
                "of": int(np.isin(known.labels, (first, second)).sum()),
                "first_as_second": int((known.labels[rows] == first).sum()),
                "second_as_first": int((known.labels[rows] == second).sum()),
                "rows": known.rows[rows].tolist(),
            }
        )
    return out


def weak(known: Predictions, slices: list[Slice], level: float, most: int) -> list[dict[str, Any]]:
    """Slices whose accuracy is below the rest's by more than chance, weakest p first, after Holm over all of them.

    p is one-sided Fisher's on counts divided by the design effect of the whole; the interval shown is at the level
    that Holm left to the slice, and must lie below the rest's accuracy.
    """
    if not slices:
        return []
    code = clusters(known.group, len(known))
    effect = design_effect(np.bincount(code, known.right), np.bincount(code))
    p = np.array([fisher(known.right[held], known.right[~held], effect) for _, _, held in slices])
    out = []
    for rank, one in enumerate(np.argsort(p, kind="stable")):
        kind, name, held = slices[one]
        own = wilson(known.right[held], known.group[held], 1 - (1 - level) / (len(slices) - rank))
        rest = float(known.right[~held].mean())
        corrected = float(holm(p)[one])
        if corrected > 1 - level or own.high >= rest:
            continue
        figure = {"n": own.n, "accuracy": own.value, "low": own.low, "high": own.high, "rest": rest, "p": corrected}
        wrong_first = np.flatnonzero(held)[np.argsort(known.right[held], kind="stable")]
        out.append({"kind": kind, "name": name} | figure | {"rows": known.rows[wrong_first].tolist()})
    return out[:most]


def fisher(inside: np.ndarray, outside: np.ndarray, effect: float) -> float:
    """One-sided p that `inside` is right as often as `outside` (Fisher 1935), counts divided by the design effect."""
    from scipy.special import gammaln

    n, rest = round(len(inside) / effect), round(len(outside) / effect)
    bad = min(n, round((~inside).sum() / effect))
    worse = min(rest, round((~outside).sum() / effect))
    count = np.arange(bad, min(n, bad + worse) + 1)

    def ways(of: "int | np.ndarray", take: "int | np.ndarray") -> np.ndarray:
        return gammaln(of + 1.0) - gammaln(take + 1.0) - gammaln(of - take + 1.0)

    return float(min(1.0, np.exp(ways(n, count) + ways(rest, bad + worse - count) - ways(n + rest, bad + worse)).sum()))


def by_cluster(known: Predictions, features: np.ndarray, seed: int) -> Iterator[Slice]:
    """Pictures that look alike to the network: k-means clusters of about 50, 2 to 20 of them."""
    own = np.asarray(features)[known.rows]
    usable = np.isfinite(own).all(axis=1)
    if usable.sum() < 2 * SMALL:
        return
    unit = own[usable].astype(np.float32)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    number = np.full(len(known), -1)
    number[usable] = kmeans(unit, int(np.clip(usable.sum() // 50, 2, 20)), seed)
    for cluster in range(number.max() + 1):
        held = number == cluster
        common = np.bincount(known.labels[held], minlength=len(known.classes))
        yield "cluster", f"look-alikes {cluster + 1}, mostly {known.classes[int(common.argmax())]}", held


def kmeans(points: np.ndarray, k: int, seed: int, rounds: int = 25) -> np.ndarray:
    """(n,) cluster of each point (n, D), 0 to k - 1 (Lloyd 1982, seeded as in Arthur & Vassilvitskii 2007)."""
    draw = rng(seed, "kmeans")
    sample = points if len(points) <= FIT else points[np.sort(draw.choice(len(points), FIT, replace=False))]
    centres = seeds(sample, k, draw)
    nearest = np.full(len(sample), -1)
    for _ in range(rounds):
        before, nearest = nearest, closest(sample, centres)
        if (before == nearest).all():
            break
        held = np.bincount(nearest, minlength=len(centres))
        sums = (np.arange(len(centres))[:, None] == nearest).astype(sample.dtype) @ sample
        centres = np.where(held[:, None] > 0, sums / np.maximum(held, 1)[:, None], centres)
    return closest(points, centres)


def seeds(points: np.ndarray, k: int, draw: np.random.Generator) -> np.ndarray:
    """At most k of the points, each drawn by its squared distance from those before; fewer where points repeat."""
    centres = [points[int(draw.integers(len(points)))]]
    near = np.full(len(points), np.inf)
    squares = (points**2).sum(axis=1)
    while len(centres) < k:
        near = np.minimum(near, np.maximum(squares - 2 * points @ centres[-1] + (centres[-1] ** 2).sum(), 0))
        chance = np.where(near > 1e-6 * squares.mean(), near, 0).astype(float)
        if not chance.any():
            break
        centres.append(points[int(draw.choice(len(points), p=chance / chance.sum()))])
    return np.stack(centres)


def closest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(n,) the nearest centre of each point."""
    return ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)


def by_facts(facts: Facts) -> Iterator[Slice]:
    """What the files tell: ends of size, brightness, contrast and sharpness, shape, format, mode, camera."""
    read = facts.readable
    width, height = (facts[side].astype(float) for side in ("width", "height"))
    yield from ends("size", width * height / 1e6, read, "megapixels", ("smallest", "largest"))
    yield from ends("brightness", facts["brightness"], read, "mean luma", ("darkest", "brightest"))
    yield from ends("contrast", facts["contrast"], read, "standard deviation", ("flattest", "most contrasted"))
    yield from ends("sharpness", facts["sharpness"], read, "variance of the Laplacian", ("most blurred", "sharpest"))
    aspect = np.divide(width, height, out=np.ones(len(width)), where=height > 0)
    shapes = ("twice as tall as wide", "tall", "square", "wide", "twice as wide as tall")
    for number, name in enumerate(shapes):
        yield "aspect", name, read & (np.digitize(aspect, (0.5, 0.9, 1.1, 2.0)) == number)
    for column in ("format", "mode", "camera"):
        for value in np.unique(facts[column][read]):
            text = bytes(value).decode("utf-8", "replace")
            yield column, text or "none recorded", read & (facts[column] == value)


def ends(kind: str, values: np.ndarray, read: np.ndarray, unit: str, names: tuple[str, str]) -> Iterator[Slice]:
    """The lowest and the highest fifth, where they are no more than two fifths for ties."""
    if not read.any():
        return
    low, high = np.quantile(values[read], (0.2, 0.8))
    for name, held, bound in ((names[0], values <= low, low), (names[1], values >= high, high)):
        held = held & read
        if held.sum() <= 0.4 * read.sum():
            said = f"{bound:,.0f}" if abs(bound) >= 1000 else f"{bound:.3g}"
            yield kind, f"{name} fifth ({'at most' if name == names[0] else 'at least'} {said} {unit})", held
