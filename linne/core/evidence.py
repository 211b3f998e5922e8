"""Whether a trick helps: paired gains on pictures that nobody had learned, over rounds that are other fits each time.

A round fits both ways with draws of its own and judges a fold. Two things are random: which pictures judge, and which
draws a fit had. Counting every (picture, round) as one would forget the second and call a third of all placebos better
or worse; here the variance of a gain is that between groups of pictures and that between rounds, which all tricks of a
table share unless a trick's own is larger. Looks before the planned end are paid for: `EARLY` of the level
goes to a test that is valid at every look, the rest to the one at the end; Holm's correction goes over the tricks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .intervals import clusters, holm, quantile

EARLY = 0.2
"""Share of the level for deciding before the planned end."""
SHARED = 0.25
"""Squared correlation of two tricks' luck: the plain recipe's fit, half of each, is the same."""
WIDTH = 8.0
"""Where the sequence that is valid at every look is tightest, in units of the planned information: the end."""
POWER = 0.8
LOOKS = 3
"""Rounds before a first look: the luck of two says nothing of their spread."""


@dataclass(frozen=True, eq=False)
class Round:
    """A gain of each judged picture: rows (m,) of the images, gain (m,) of this fit over the plain one's."""

    rows: np.ndarray
    gain: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """What the rounds say of one trick.

    value: the mean gain; low, high: its interval at `level`, for itself alone. p: corrected over all tricks (Holm), of
    no gain. verdict: "helps", "hurts" or "cannot tell" at 1 - level. seen: the smallest gain that would have been told
    with 80 % power. early: p of the sequence alone, uncorrected. rounds: how many.
    """

    value: float
    low: float
    high: float
    p: float
    verdict: str
    seen: float
    early: float
    rounds: int


class Table:
    """The rounds of several tricks against the same plain recipe, and what they say. planned: rounds at the end.

    group: (n,) group of every row of the images, "" a group of one.
    """

    def __init__(self, group: np.ndarray, planned: int, *, level: float = 0.95) -> None:
        self.group, self.planned, self.level = clusters(group, len(group)), planned, level
        self.rounds: dict[str, list[Round]] = {}
        self._scale: dict[str, float] = {}
        self._early: dict[str, float] = {}

    def add(self, gains: Mapping[str, Round]) -> None:
        """A round of the tricks that are still open; it is a look, so the sequences go on."""
        for name, found in gains.items():
            self.rounds.setdefault(name, []).append(found)
        for name, (value, variance, freedom) in self._all(gains).items():
            if len(self.rounds[name]) >= LOOKS:
                self._look(name, value, variance, freedom)

    def drop(self, name: str) -> None:
        """Forget a trick, whose fits failed."""
        self.rounds.pop(name, None)

    def open(self) -> list[str]:
        """The tricks that are not decided yet by the sequence."""
        level = EARLY * (1 - self.level) / max(len(self.rounds), 1)
        return [name for name in self.rounds if self._early.get(name, 1.0) > level]

    def evidence(self) -> dict[str, Evidence]:
        """What is known by now of every trick."""
        from scipy.special import stdtr

        found = self._all(self.rounds)
        p = {}
        for name, (value, variance, freedom) in found.items():
            p[name] = self._early.get(name, 1.0) / EARLY
            if len(self.rounds[name]) >= self.planned:
                p[name] = min(p[name], 2 * float(stdtr(freedom, -abs(value) / variance**0.5)) / (1 - EARLY))
        corrected = dict(zip(p, holm(np.minimum(list(p.values()), 1)), strict=True))
        return {name: self._told(name, *found[name], float(corrected[name])) for name in found}

    def _told(self, name: str, value: float, variance: float, freedom: float, p: float) -> Evidence:
        spread, half = variance**0.5, self._half(name, variance, freedom)
        verdict = "cannot tell" if p > 1 - self.level else "helps" if value > 0 else "hurts"
        strict = 1 - (1 - EARLY) * (1 - self.level) / len(self.rounds)
        seen = (quantile(strict, freedom) + quantile(2 * POWER - 1)) * spread
        return Evidence(
            value, value - half, value + half, p, verdict, seen, self._early.get(name, 1.0), len(self.rounds[name])
        )

    def _half(self, name: str, variance: float, freedom: float) -> float:
        """Half of the interval: of a trick that was decided before the end, the sequence's, valid at whatever look."""
        from scipy.special import ndtr

        level = self.level
        if len(self.rounds[name]) < self.planned and name in self._scale:
            times = self._scale[name] / variance
            z = ((1 + times) / times * (2 * np.log(1 / (1 - level)) + np.log1p(times))) ** 0.5
            level = 1 - 2 * float(ndtr(-z))
        return quantile(level, freedom) * variance**0.5

    def _look(self, name: str, value: float, variance: float, freedom: float) -> None:
        """Robbins' normal mixture, valid at every look (Waudby-Smith et al. 2024, arXiv:2103.06476, theorem 2.2)."""
        from scipy.special import ndtri, stdtr

        information = 1 / variance
        if name not in self._scale:
            self._scale[name] = WIDTH / (information * self.planned / len(self.rounds[name]))
        times = self._scale[name] * information
        z = float(-ndtri(max(float(stdtr(freedom, -abs(value) / variance**0.5)), 1e-300)))
        bits = 0.5 * (z * z * times / (1 + times) - np.log1p(times))
        self._early[name] = min(self._early.get(name, 1.0), float(np.exp(-max(bits, 0.0))))

    def _all(self, names: "Mapping[str, Any]") -> dict[str, tuple[float, float, float]]:
        """(mean gain, its variance, degrees of freedom) of these tricks.

        A fit's luck is the median of all tricks', or a trick's own where that is more: one that sometimes fails.
        """
        each = {name: _parts(rounds, self.group) for name, rounds in self.rounds.items()}
        luck = [one for one in each.values() if one[3] > 1]
        between, inside = (float(np.median([one[at] for one in luck])) if luck else 0.0 for at in (2, 4))
        steps = sum(one[3] - 1 for one in luck)
        shared = max(steps / (1 + (len(luck) - 1) * SHARED), 1.0)
        return {name: _joined(each[name], between, inside, shared) for name in names}


def _parts(rounds: Sequence[Round], group: np.ndarray) -> tuple[float, float, float, int, float, int]:
    """(mean, variance of it over groups, variance between rounds' means, rounds, that which pictures explain of it,
    groups)."""
    means = np.array([one.gain.mean() for one in rounds])
    rows, gains = np.concatenate([one.rows for one in rounds]), np.concatenate([one.gain for one in rounds])
    variance, groups = _clustered(group[rows], gains)
    inside = float(np.mean([_clustered(group[one.rows], one.gain)[0] for one in rounds]))
    between = float(means.var(ddof=1)) if len(means) > 1 else 0.0
    return float(means.mean()), variance, between, len(rounds), inside, groups


def _joined(
    parts: tuple[float, float, float, int, float, int], between: float, inside: float, shared: float
) -> tuple[float, float, float]:
    """(mean, variance, degrees of freedom): pictures and fits together, Satterthwaite's freedom."""
    value, pictures, own, rounds, explained, groups = parts
    extra = max(0.0, between - inside)
    if own - explained > extra:
        extra, between, shared = own - explained, own, max(rounds - 1.0, shared / 2)
    variance = pictures + extra / rounds
    doubt = pictures**2 / max(groups - 1, 1) + (between / rounds) ** 2 / shared * (extra > 0)
    return value, variance, max(float(variance**2 / doubt), 1.0)


def _clustered(code: np.ndarray, gain: np.ndarray) -> tuple[float, int]:
    """(variance of the mean gain over groups, their number), with one picture a side that never was: never 0."""
    n, value = len(gain), gain.mean()
    _, place = np.unique(code, return_inverse=True)
    sums, sizes = np.bincount(place, gain), np.bincount(place)
    groups = len(sizes)
    between = groups / max(groups - 1, 1) * float(((sums - value * sizes) ** 2).sum())
    return (max(between, float(((gain - value) ** 2).sum())) + 1) / (n + 2) ** 2, groups


def weights(labels: np.ndarray, metric: str, classes: int) -> np.ndarray:
    """(n,) what each picture counts in this metric: 1 for accuracy, more for rare classes in balanced_accuracy."""
    if metric != "balanced_accuracy":
        return np.ones(len(labels))
    counts = np.bincount(labels, minlength=classes)
    present = counts > 0
    return (len(labels) / (present.sum() * np.maximum(counts, 1)))[labels]
