"""What the time left is spent on: a clock that counts over restarts, and which tail, of how many epochs, fits in."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..core.errors import RunError
from ..core.files import write_json
from .trunk import Trunk

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
    """A tail that fits: cut, products, epochs, folds and how many of them are trained, views and how many are kept.

    seconds: what it should take. JSON-ready by `asdict`.
    """

    cut: str
    products: str
    epochs: float
    folds: int
    members: int
    views: int
    kept: int
    seconds: float

    def plain(self) -> dict[str, Any]:
        """For plan.json."""
        return asdict(self)


MEMBER = 6.0
"""Seconds that each member costs besides its steps: a network is built, a head solved for, the fold predicted."""


def seconds(way: Way, n: int, epochs: float, folds: int, members: int, views: int, kept: int) -> float:
    """What a tail takes: views through the trunk once, streamed ones whenever they are shown, steps, members."""
    share = (folds - 1) / folds if folds > 1 else 1.0
    shown = members * share * epochs * n
    streamed = shown * (views - kept) / views * way.trunked
    return n * kept * way.trunked + streamed + shown * way.train + members * MEMBER


def fit_tail(
    ways: Sequence[Way], n: int, left: float, room: int, epochs: "tuple[float, float, float]", folds: int
) -> "Tail | None":
    """The tail to train on n pictures in `left` seconds; None where not even the least fits.

    ways: from the earliest cut, which learns most, to the latest. room: bytes of the cache. epochs: the least, those
    wanted, and the most that are useful. The earliest cut for which the wanted epochs of all members fit is taken,
    and more epochs where time remains; else fewer members of the latest cut, then fewer epochs.
    """
    least, wanted, most = epochs

    def made(way: Way, each: float, members: int) -> Tail:
        views = max(1, round(each))
        kept = min(views, max(room // max(n * way.trunk.bytes, 1), 0))
        cost = seconds(way, n, each, folds, members, views, kept)
        return Tail(way.trunk.cut, way.products, each, folds, members, views, kept, round(cost, 1))

    for way in ways:
        if made(way, wanted, folds).seconds <= left:
            return max(_rising(made, way, wanted, most, folds, left), key=lambda tail: tail.epochs)
    for members in range(folds, 0, -1):
        fits = [made(way, least, members) for way in ways if made(way, least, members).seconds <= left]
        if fits:
            return fits[0]
    return None


def _rising(made: Any, way: Way, first: float, most: float, members: int, left: float) -> list[Tail]:
    found = []
    each = first
    while each <= most:
        tail = made(way, each, members)
        if tail.seconds > left:
            break
        found.append(tail)
        each += 1
    return found
