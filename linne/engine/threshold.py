"""From which similarity on a picture gets a name, for a stated false-accept rate; how probable it is that it is right.

The rate is that of strangers: of pictures of somebody who is not in the gallery, the share that gets a name all the
same. Every identity stands in for a stranger once, left out of the gallery with all its pictures (`attempts`).

Among n independent strangers the share above the j-th largest similarity is Beta(j, n + 1 - j) distributed, j / (n + 1)
on average, whatever the similarities' distribution (Wilks 1941); so the threshold leaves (hits + 1) / n at most of the
rate asked for. Pictures of one identity are no independent strangers: n is divided by their design effect, and the
interval is Wilson's of half as many (TWICE). Where n are too few for the rate, n < 1 / rate, the
threshold is the most that any stranger reached, and what that promises is the upper end of the interval of none of n,
about 3 / n (the rule of three).
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from ..core.correlation import design_effect
from ..core.errors import OptionError
from ..core.intervals import Interval, doubt, nothing, quantile, score, wilson
from .attempts import Attempts

USUAL = 0.01
"""The false-accept rate where none is asked for."""
TWICE = 2.0
"""Two identities that are alike are met twice, each as the other's stranger, while a true stranger meets a likeness
once. With r what is left of a pair's hit after what either identity does on its own, the error's variance holds
var(r_ij + r_ji) / 2 in the place of var(r): up to twice as much (Hoeffding 1948, section 5)."""


STRANGERS = ("strangers are named", "stranger", "pictures asked as strangers")
PAIRS = ("two identities are called the same", "pair of two identities", "pairs of two identities")
"""What is falsely accepted, in words: the event, one of them, many of them."""


@dataclass(frozen=True)
class Threshold:
    """value: a similarity above it is accepted; NaN where nothing shows what strangers look like. far: the false-accept
    rate at it, with its interval. asked: the rate that it was chosen for, NaN where it lies above every stranger seen
    because too few were. seen: how many of `words` there were; worth: how many independent ones they are worth.
    """

    value: float
    far: Interval
    asked: float
    seen: int
    worth: float
    words: tuple[str, str, str] = STRANGERS

    def text(self) -> str:
        """In one sentence."""
        if not np.isfinite(self.value):
            return "no threshold: with fewer than two identities enrolled nothing shows how alike others are"
        event, one, many = self.words
        seen = f"{self.seen:,} {many}, worth {self.worth:,.0f} independent ones"
        if np.isfinite(self.asked):
            return f"above {self.value:.3f} {event} {self.far.text()} of the time ({seen})"
        return (
            f"above {self.value:.3f}, the most that any {one} reached: {seen}, are too few for a false-accept rate of "
            f"{percent(USUAL)}, which takes {needed(USUAL):,}; at most {percent(self.far.high)} can be promised"
        )

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"threshold": self.value, "far": self.far.as_dict(), "asked": self.asked, "seen": self.seen,
                "worth": round(self.worth, 1), "promised": self.far.high if np.isnan(self.asked) else None}  # fmt: skip


RAREST = 1e-12
"""The least rate that may be asked for: a million million strangers."""


def percent(rate: float) -> str:
    """'1 %', '0.05 %'."""
    return f"{100 * rate:.2g} %"


def needed(rate: float) -> int:
    """Independent strangers without which no threshold is at this rate on average."""
    return ceil(round(1 / rate, 6))


def within(far: "float | None") -> float:
    """The rate that is asked for. Raises OptionError for what is none."""
    rate = USUAL if far is None else far
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < 1:
        raise OptionError(
            f"far={far!r} is not allowed; it is a share above 0 and below 1, 0.01 for one stranger in 100."
        )
    if rate < RAREST:
        raise OptionError(f"far={far!r} is rarer than any number of strangers can show. Give {RAREST:g} or more.")
    return float(rate)


def threshold(tried: Attempts, far: "float | None" = None) -> Threshold:
    """The threshold for a false-accept rate; `far` None is USUAL where that can be promised, else what can be.

    Raises OptionError for a rate that was asked for and cannot be promised, with how many strangers it would take.
    """
    rate, rows = within(far), np.flatnonzero(tried.strange)
    if not len(rows):
        return Threshold(np.nan, nothing(0, "no strangers"), np.nan, 0, 0.0)
    other, identities = tried.other[rows], len(np.unique(tried.identity))
    asked = 1 - (1 - rate) ** ((identities - 1) / identities)  # of one identity fewer than strangers will meet
    ranked = np.sort(other)[::-1]
    *_, effect = _counted(tried, rows, other > ranked[min(int(asked * len(rows)), len(rows) - 1)])
    worth = len(rows) / effect
    enough = worth * asked >= 1
    if far is not None and not enough:
        raise OptionError(_too_few(rate, len(rows), identities, worth))
    hits = max(0, int(len(rows) * asked - effect + 1e-9)) if enough else 0
    value = float(ranked[hits])
    found = _onwards(_interval(tried, rows, other > value), identities)
    return Threshold(value, found, rate if enough else np.nan, len(rows), worth)


def _too_few(rate: float, strangers: int, identities: int, worth: float) -> str:
    return (
        f"A false-accept rate of {percent(rate)} cannot be promised: {strangers:,} pictures of {identities:,} "
        f"identities, each left out and asked as a stranger, are worth {worth:,.0f} independent ones, and "
        f"{needed(rate):,} are needed. {able(worth)}"
    )


def able(worth: float) -> str:
    """What can be asked for instead."""
    if worth <= 1:
        return "Enrol more identities."
    return f"Give --far {ceil(1000 / worth) / 1000:g} or more, or enrol more identities."


def _counted(tried: Attempts, rows: np.ndarray, accepted: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """(hits (G,), attempts (G,) of each identity, how many times fewer independent strangers these are worth)."""
    code = np.unique(tried.identity[rows], return_inverse=True)[1]
    hits, sizes = np.bincount(code, accepted), np.bincount(code)
    return hits, sizes, TWICE * design_effect(hits, sizes)


def _interval(tried: Attempts, rows: np.ndarray, accepted: np.ndarray) -> Interval:
    """Wilson's on as many strangers as the attempts are worth.

    With the correlation's weighed mean, not by `spread`: of rates near 1 % that covers as often (bench/gallery.py), and
    its upper end is a third of the other's.
    """
    hits, sizes, effect = _counted(tried, rows, accepted)
    share, n = float(accepted.mean()), len(rows)
    low, high = score(share, n / effect, quantile(0.95))
    return Interval(share, min(low, share), max(high, share), n, "wilson over identities", doubt(hits, sizes))


def _onwards(found: Interval, identities: int) -> Interval:
    """A rate that was measured with one identity left out, for all of them: 1 - (1 - rate) ^ (N / (N - 1))."""
    power = identities / (identities - 1)
    ends = (1 - (1 - min(max(end, 0.0), 1.0)) ** power for end in (found.value, found.low, found.high))
    value, low, high = ends
    return replace(found, value=float(value), low=float(low), high=float(high))


def named(tried: Attempts, at: float) -> tuple[Interval, Interval]:
    """Of pictures of enrolled identities: the share whose nearest identity is theirs, and the share that is so and
    above the threshold `at`, each with its interval over identities."""
    rows = np.flatnonzero(tried.known)
    right = tried.own[rows] > tried.other[rows]
    group = tried.identity[rows].astype(str).astype(object)
    if not len(rows):
        none = nothing(0, "no identity has a second picture")
        return none, none
    return wilson(right, group), wilson(right & (tried.own[rows] > at), group)


@dataclass(frozen=True)
class Sure:
    """The probability that two are the same by their similarity, a logistic curve that never falls: called on (m,).

    from_identities: how many it was fitted to; 0 gives NaN.
    """

    slope: float
    shift: float
    from_identities: int

    def __call__(self, similarity: np.ndarray) -> np.ndarray:
        """(m,) float64, NaN where nothing was there to fit it to."""
        if not self.from_identities:
            return np.full(np.shape(similarity), np.nan)
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-(self.slope * np.asarray(similarity, np.float64) + self.shift)))


def sure(tried: Attempts) -> Sure:
    """How probable it is that the nearest identity is the right one, where as many strangers ask as known ones.

    Known ones whose nearest identity is another one count as wrong, as strangers do.
    """
    known, strange = np.flatnonzero(tried.known), np.flatnonzero(tried.strange)
    right = tried.own[known] > tried.other[known]
    if not right.any():
        return Sure(0.0, 0.0, 0)
    similarity = np.concatenate([np.maximum(tried.own, tried.other)[known], tried.other[strange]])
    hit = np.concatenate([right, np.zeros(len(strange), bool)])
    side = np.repeat([0, 1], [len(known), len(strange)])
    return logistic(similarity, hit, side, np.concatenate([tried.identity[known], tried.identity[strange]]))


def logistic(similarity: np.ndarray, hit: np.ndarray, side: np.ndarray, group: np.ndarray) -> Sure:
    """The curve with the least log loss, each side (m,) (0 or 1) of the same weight and each group the same in it.

    Targets are Platt's (1999), (h + 1) / (h + 2) and 1 / (m + 2) of h groups that have hits and m that have misses,
    so that few groups are never certain. Newton's method, its step halved until the loss falls.
    """
    weight = np.zeros(len(hit))
    for one in (0, 1):
        rows = np.flatnonzero(side == one)
        code = np.unique(group[rows], return_inverse=True)[1]
        weight[rows] = 1 / np.bincount(code)[code] / max(int(code.max(initial=-1)) + 1, 1) / 2
    hits, misses = len(np.unique(group[hit])), len(np.unique(group[~hit]))
    target = np.where(hit, (hits + 1) / (hits + 2), 1 / (misses + 2))
    middle, scale = float(similarity.mean()), max(float(similarity.std()), 1e-9)
    x = np.column_stack([(similarity - middle) / scale, np.ones(len(hit))])
    place = np.zeros(2)
    for _ in range(100):
        shown = 1 / (1 + np.exp(-np.clip(x @ place, -700, 700)))
        bend = (x * (weight * shown * (1 - shown))[:, None]).T @ x + 1e-10 * np.eye(2)
        step = np.linalg.solve(bend, x.T @ (weight * (shown - target)))
        before = _loss(x @ place, target, weight)
        while _loss(x @ (place - step), target, weight) > before and np.abs(step).max() > 1e-12:
            step = step / 2
        place = place - step
        if np.abs(step).max() < 1e-10:
            break
    if place[0] <= 0:  # the more alike the less probable: similarity tells nothing here
        mean = float(weight @ target / weight.sum())
        return Sure(0.0, float(np.log(mean / (1 - mean))), hits)
    slope = float(place[0]) / scale
    return Sure(slope, float(place[1]) - slope * middle, hits)


def _loss(odds: np.ndarray, target: np.ndarray, weight: np.ndarray) -> float:
    return float(weight @ (np.logaddexp(0, odds) - target * odds))
