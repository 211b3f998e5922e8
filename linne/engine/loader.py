"""Pictures, an augment chain and a sampler to batches: the same order and draws for the same (seed, position).

Positions are endless: step k takes k*B to k*B+B-1 of the concatenation of all epochs, so each batch is full and every
row is met as often as any other. Workers are threads or processes, any number: what they make depends on nothing else.
"""

import inspect
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from typing import Any, Protocol

import numpy as np

from ..core.batch import CELL, Stream
from ..core.decode import Geometry, decode, prepare
from ..core.errors import InputError, OptionError
from ..core.images import Item
from ..core.lookup import find, offer
from ..core.rng import rng
from ..core.spec import chain

Scale = tuple[tuple[float, ...], tuple[float, ...]]
AHEAD = 4
"""Batches that are made ahead of the one that is used."""


class Feed(Protocol):
    """Rows that can be asked for. labels (n,) int64, -1 unknown; rows (n,) int64 in the Images; hashes (n,) bytes.

    A feed may have `targets`, (n, K) of 1, 0 and -1 (not known), where a picture may have several labels; labels are -1
    then. A feed whose `whole` is true is asked for a batch at once, not in cells, and may give a tensor where it lives.
    """

    labels: np.ndarray
    rows: np.ndarray
    hashes: np.ndarray

    def batch(
        self, places: np.ndarray, epochs: np.ndarray, turns: np.ndarray, view: str, spec: "str | None", seed: int
    ) -> Any:
        """(B, ...) array for these places, a pure function of the arguments.

        view: the view's name, a key of its draws. spec: its augment chain, None is the feed's own.
        """
        ...


def answers(feed: Any) -> np.ndarray:
    """What a feed knows of its rows: (n,) labels, or (n, K) targets where a picture may have several."""
    targets = getattr(feed, "targets", None)
    return np.asarray(feed.labels if targets is None else targets)


@dataclass(eq=False)
class Pictures:
    """Pictures from where they lie: decoded, augmented, prepared.

    chain: the run's own augment tricks. scale: mean and std of values in 0..1, by which the loop normalises.
    """

    items: "list[Item] | np.ndarray"
    labels: np.ndarray
    rows: np.ndarray
    hashes: np.ndarray
    geometry: Geometry
    chain: Any = ""
    scale: Scale = ((0.5,) * 3, (0.5,) * 3)

    def batch(
        self, places: np.ndarray, epochs: np.ndarray, turns: np.ndarray, view: str, spec: "str | None", seed: int
    ) -> np.ndarray:
        """(B, size, size, 3) uint8."""
        given = self.chain if spec is None else spec
        tricks = _tricks(given) if isinstance(given, str) else tuple(find("augment", part) for part in chain(given))
        if not tricks and isinstance(self.items, np.ndarray) and self.items.shape[1:3] == (self.geometry.size,) * 2:
            return self.items[places]
        each = zip(places, epochs, turns, strict=True)
        return np.stack([self._one(int(p), tricks, (seed, "augment", view, int(e), int(t))) for p, e, t in each])

    def _one(self, place: int, tricks: Sequence[Callable[..., Any]], where: tuple[Any, ...]) -> np.ndarray:
        pixels = decode(self.items[place], least=self.geometry.least).pixels
        content = bytes(self.hashes[place])
        draws = lambda at: rng(*where, content, at)  # noqa: E731
        return chained(pixels, tricks, self.geometry, draws, epoch=where[3], content=content)


def chained(
    pixels: np.ndarray, tricks: Sequence[Any], geometry: Geometry, draw: Callable[[int], np.random.Generator],
    **told: Any,
) -> np.ndarray:  # fmt: skip
    """(size, size, 3): a chain of augment tricks on a picture (H, W, 3) uint8. draw: the generator of each place in it.

    Where a trick brought the picture to the network's side it stays as it is; else it is prepared as predict does.
    """
    size, cut = geometry.size, False
    for at, trick in enumerate(tricks):
        before = pixels.shape[:2]
        pixels = np.ascontiguousarray(offer(trick, image=pixels, rng=draw(at), size=size, **told))
        cut = pixels.shape[:2] == (size, size) and (cut or before != (size, size))
    return pixels if cut else prepare(pixels, geometry)


@lru_cache
def _tricks(spec: str) -> tuple[Callable[..., Any], ...]:
    return tuple(find("augment", part) for part in chain(spec))


class Order:
    """Where a stream is: which place, epoch and occurrence every position of its endless order is.

    Orders are made batches ahead, so of what a run learns meanwhile a sampler is offered what a restart knows as well:
    losses, (n,) by epoch, NaN where nobody tells them. total: positions that the whole run has, for samplers that
    change on the way; 0 where nobody knows.
    """

    def __init__(self, feed: Feed, sampler: str, seed: int, name: str, total: int = 0) -> None:
        self.feed, self.seed, self.name, self.total = feed, seed, name, total
        self.sampler = find("sampler", sampler)
        self.sees = "losses" in inspect.signature(self.sampler).parameters
        self.losses: Callable[[int], np.ndarray] = lambda epoch: np.full(len(feed.labels), np.nan, np.float32)
        self._kept: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.length = len(self.epoch(0)[0])
        if not self.length:
            raise InputError(f"The sampler {sampler!r} gives no picture to learn from.")

    def epoch(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """(places, turns) of one epoch; turns count earlier rows of the same content."""
        if number not in self._kept:
            draw = rng(self.seed, "order", self.name, number)
            progress = min(1.0, number * self.length / self.total) if number and self.total else 0.0
            told: dict[str, Any] = {"labels": self.feed.labels, "rng": draw, "progress": progress}
            told |= {"losses": self.losses(number)} if self.sees else {}
            places = np.asarray(offer(self.sampler, **told), np.int64)
            self._kept = {old: kept for old, kept in self._kept.items() if old >= number - 2}
            self._kept[number] = places, occurrences(self.feed.hashes[places])
        return self._kept[number]

    def at(self, first: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(places, epochs, turns) of `count` positions from `first` on."""
        epochs, inside = np.divmod(np.arange(first, first + count), self.length)
        places, turns = np.empty(count, np.int64), np.empty(count, np.int64)
        for number in np.unique(epochs):
            which = epochs == number
            known = self.epoch(int(number))
            places[which], turns[which] = known[0][inside[which]], known[1][inside[which]]
        return places, epochs, turns


def occurrences(values: np.ndarray) -> np.ndarray:
    """(n,) int64: how many earlier entries are equal."""
    _, which = np.unique(values, return_inverse=True)
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], which[order], "left")
    out = np.empty(len(values), np.int64)
    out[order] = np.arange(len(values)) - starts
    return out


@dataclass(frozen=True)
class Made:
    """A stream's rows of one step, or this process's part of them: views by name, labels (B,) or targets (B, K), rows,
    where they begin."""

    views: Mapping[str, np.ndarray]
    labels: np.ndarray
    rows: np.ndarray
    start: int


class Loader:
    """Makes a stream's batches ahead of their use.

    cut: the part of a batch that this process is to see. workers: how many; kind: "threads" or "processes".
    """

    def __init__(
        self, feed: Feed, stream: Stream, size: int, order: Order, cut: slice, workers: int = -1, kind: str = "threads"
    ) -> None:
        if kind not in ("threads", "processes"):
            raise OptionError(f"worker kind {kind!r} is not there. Allowed are threads and processes.")
        self.feed, self.stream, self.size, self.order, self.cut = feed, stream, size, order, cut
        self.workers, self.kind = (os.cpu_count() or 1) if workers < 0 else workers, kind
        self._pool: Executor | None = None

    def steps(self, first: int, last: int) -> Iterator[Made]:
        """The batches of steps first to last - 1."""
        waiting: deque[Any] = deque()
        for step in range(first, last):
            waiting.append(self._ask(step))
            if len(waiting) > AHEAD:
                yield self._made(*waiting.popleft())
        while waiting:
            yield self._made(*waiting.popleft())

    def close(self) -> None:
        """Let the workers go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None

    def _ask(self, step: int) -> tuple[np.ndarray, dict[str, list[Any]]]:
        places, epochs, turns = (part[self.cut] for part in self.order.at(step * self.size, self.size))
        asked: dict[str, list[Any]] = {}
        cell = len(places) if getattr(self.feed, "whole", False) else CELL
        for view, spec in self.stream.views.items():
            asked[view] = []
            for at in range(0, len(places), cell):
                some = slice(at, at + cell)
                job = (places[some], epochs[some], turns[some], view, spec, self.order.seed)
                asked[view].append(self._pooled().submit(_run, *self._sent(), *job) if self.workers else job)
        return places, asked

    def _sent(self) -> tuple[Any, ...]:
        return (self.feed,) if self.kind == "threads" else (None,)

    def _made(self, places: np.ndarray, asked: dict[str, list[Any]]) -> Made:
        views = {}
        for name, parts in asked.items():
            found = [one.result() if self.workers else self.feed.batch(*one) for one in parts]
            views[name] = found[0] if len(found) == 1 else np.concatenate(found)
        return Made(views, answers(self.feed)[places], self.feed.rows[places], self.cut.start or 0)

    def _pooled(self) -> Executor:
        if self._pool is None and self.kind == "threads":
            self._pool = ThreadPoolExecutor(self.workers)
        elif self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _arrive, (self.feed,))
        return self._pool  # type: ignore[return-value]


_FEED: list[Any] = []
"""In a worker process: the feed that it was started with."""


def _arrive(feed: Any) -> None:
    _FEED[:] = [feed]


def _run(feed: Any, *job: Any) -> np.ndarray:
    return (feed if feed is not None else _FEED[0]).batch(*job)
