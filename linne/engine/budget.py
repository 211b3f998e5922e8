"""What the time left is spent on: a clock that counts over restarts, and which tail, of how many epochs, fits in."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from pathlib import Path
from typing import Any

from ..core.errors import RunError
from ..core.files import write_json
from .trunk import Trunk

MOST_VIEWS = 12
"""More views of a picture than this are not kept: a longer run shows them again."""
NOTE = 10.0
"""Seconds between two notes of the time used: a killed run forgets at most that much."""


class Clock:
    """Seconds that a run has used, over its restarts. minutes: the budget, 0 is none."""

    def __init__(self, minutes: float, begun: "float | None" = None) -> None:
        self.limit = 60 * minutes or float("inf")
        self.before, self.path = 0.0, None
        self._begun = time.monotonic() if begun is None else begun
        self._noted = self._begun

    def keep(self, path: Path) -> None:
        """Count on from what the file says, and write there from now on."""
        self.path = path
        if path.exists():
            try:
                self.before = float(json.loads(path.read_text(encoding="utf-8"))["seconds"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise RunError(f"{path} is damaged ({error}). Delete it to begin the budget anew.") from error

    @property
    def seconds(self) -> float:
        """Used so far."""
        return self.before + time.monotonic() - self._begun

    @property
    def left(self) -> float:
        """Until the budget is used up; infinite without one."""
        return self.limit - self.seconds

    def note(self, every: float = 0.0) -> None:
        """Write the time used down, unless that was done less than `every` seconds ago."""
        if self.path is not None and time.monotonic() - self._noted >= every:
            self._noted = time.monotonic()
            write_json(self.path, {"seconds": round(self.seconds, 2)})

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        """As a hook of a fitting."""
        self.note(NOTE)


@dataclass(frozen=True)
class Way:
    """One place to cut, and what it costs: seconds a picture to train and through the trunk, "" or what products."""

    trunk: Trunk
    train: float
    trunked: float
    products: str = ""


@dataclass(frozen=True)
class Tail:
    """A tail that fits: where to cut, how long to train, from how many views, and who judges.

    witnesses: how many of `folds` are trained without one fold each, only to judge it. held: the one that is kept has
    not seen one fold either, and judges it. kept: views in the cache, the others are computed whenever they are shown.
    seconds: what it should take.
    """

    cut: str
    products: str
    epochs: float
    folds: int
    witnesses: int
    held: bool
    views: int
    kept: int
    seconds: float


MEMBER = 3.0
"""Seconds that each fitting costs besides its steps: a network is built, a head solved for, the fold predicted."""
EVIDENCE = 200
"""Pictures that judge a rung at least, where there are so many."""
DEEP = 0.4
"""Share of the network's work after the cut beyond which more is not known to bring more."""
HELD = 0.8
"""What a tail is worth that a third of the pictures taught nothing, beside one that all taught: measured."""
CLOSE = 0.97
"""Plans that promise this share of the best one's worth are told apart by who judges them."""


def fit_tail(
    ways: Sequence[Way], n: int, left: float, room: int, epochs: "tuple[float, float, float]", folds: int, judged: int
) -> "Tail | None":
    """The tail to train on n pictures in `left` seconds; None where not even the least fits.

    ways: the cuts to choose from. room: bytes of the cache. epochs: the least, those that are wanted, and the most that
    are useful. judged: pictures that judge without having been learned by anybody. What a tail is worth grows with the
    work after its cut and, ever more slowly, with its epochs (measured, bench/LOG.md); of plans that are worth about
    the same the one with the most witnesses is taken.
    """
    fits = []
    for way in ways:
        for each in _lengths(*epochs):
            views = max(1, min(MOST_VIEWS, round(each)))
            kept = min(views, max(room // max(n * way.trunk.bytes, 1), 0))
            for witnesses, held in [*((count, False) for count in range(folds + 1)), (0, True)]:
                tail = Tail(way.trunk.cut, way.products, each, folds, witnesses, held, views, kept, 0.0)
                evidence = judged + n * (witnesses + held) / folds
                cost = seconds(way, n, tail)
                if cost <= left and evidence >= min(n, EVIDENCE):
                    fits.append((_worth(way, each / epochs[1], held), replace(tail, seconds=round(cost, 1))))
    if not fits:
        return None
    best = max(worth for worth, _ in fits)
    close = [(tail.witnesses, worth, -tail.seconds, tail) for worth, tail in fits if worth >= CLOSE * best]
    return max(close, key=lambda one: one[:3])[3]


def seconds(way: Way, n: int, tail: Tail) -> float:
    """What a tail takes: views through the trunk once, streamed ones whenever they are shown, steps, fittings."""
    part = (tail.folds - 1) / tail.folds
    shown = n * tail.epochs * ((part if tail.held else 1) + tail.witnesses * part)
    streamed = shown * (tail.views - tail.kept) / tail.views * way.trunked
    return n * tail.kept * way.trunked + streamed + shown * way.train + (1 + tail.witnesses) * MEMBER


def _worth(way: Way, length: float, held: bool) -> float:
    """What a tail of `length` times the wanted epochs may bring, in no unit."""
    return min(way.trunk.after, DEEP) * (1 - exp(-3 * length)) * (HELD if held else 1.0)


def _lengths(least: float, wanted: float, most: float) -> list[float]:
    """Numbers of epochs to choose from: eighths of those that are wanted."""
    eighths = [wanted * part / 8 for part in range(1, 65)]
    return sorted({least, wanted, *(each for each in eighths if least <= each <= most)})
