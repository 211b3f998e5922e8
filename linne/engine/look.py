"""One look at each picture: read, hashed, decoded, measured, prepared and sent through the network, in one stream.

Threads decode ahead of the network (Pillow and simplejpeg let go of the interpreter's lock); only a window of pictures
is in memory at a time, whatever their number. What the cache holds by content is not computed again.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..core.decode import Geometry, Picture, decode, encoded, prepare
from ..core.errors import Unreadable
from ..core.facts import FACT, THUMB, Facts
from ..core.images import Images, Item
from ..core.measure import content_hash, misnamed
from ..core.sights import LOOK, Prepared, looked
from . import cache
from .choose import PROBE, Trial, accepted, choose, known
from .log import Log
from .network import Network

CHUNK = 512
VERSION = "2"
"""Of decoding, measuring and preparing: a change of any pixel or figure must change it, or caches would be stale."""
View = Callable[[np.ndarray, bytes, int], np.ndarray]


NEARLY = 0.9
"""Share of pictures whose features are there from which on the others go through the same runtime."""


@dataclass
class Seen:
    """One picture's way: row, content hash, why it could not be read, its look, the network's input, its features.

    fresh: its look was made now and is not kept yet.
    """

    row: int
    hash: bytes
    reason: str = ""
    look: np.ndarray | None = None
    prepared: np.ndarray | None = None
    features: np.ndarray | None = None
    fresh: bool = False


class Looker:
    """Looks at pictures for one network, size and geometry; keeps what it computes.

    facts, features: which of the two is wanted. view: None for the plain picture, or (pixels, content hash, turn) to
    the network's square, with `view_key` naming it and its draws for the cache ("" keeps nothing). turn: (n,) how many
    earlier rows have the same content. ahead: pictures that each thread may be before the network. many: how many more
    will follow, where the runtime is to be chosen for them all.
    """

    ahead = 16

    def __init__(
        self, network: Network, geometry: Geometry, log: Log, *, runtime: str = "auto", facts: bool = True,
        features: bool = True,
    ) -> None:  # fmt: skip
        self.network, self.geometry, self.log, self.runtime = network, geometry, log, runtime
        self.features = features
        self.view: View | None = None
        self.view_key = ""
        self.turn: np.ndarray | None = None
        self.ran = ""
        self.many = 0
        self._runner: Any = None
        self._store: cache.Store | None = None
        self._facts: cache.Store | None = None
        if facts:
            what = "what checks measured of each picture"
            self._facts = cache.store(f"facts-{VERSION}-{geometry.least}", what, LOOK)

    def stream(self, images: Images, step: Callable[[int], None] = lambda count: None) -> Iterator[list[Seen]]:
        """Pictures in order, in chunks, each with features or a reason."""
        self._open(images)
        source = self._ahead(images)
        while True:
            part: list[Seen] = []
            try:
                self._forward(self._wanting(islice(source, CHUNK), part, step))
            finally:  # stopped or killed by Ctrl-C: what was computed is kept
                self._keep(part)
            if not part:
                return
            yield part

    def _keep(self, part: list[Seen]) -> None:
        for seen in part:
            if seen.fresh and seen.look is not None and self._facts is not None:
                self._facts.put(seen.hash, seen.look)
        for store in (self._store, self._facts):
            if store is not None:
                store.flush()

    def _wanting(self, source: Iterable[Seen], part: list[Seen], step: Callable[[int], None]) -> Iterator[Seen]:
        for seen in source:
            part.append(seen)
            step(1)
            if seen.prepared is not None:
                yield seen

    def _forward(self, wanting: Iterator[Seen]) -> None:
        first = next(wanting, None)
        if first is None:
            return
        if self._runner is None:
            self._runner, self.runtime = choose(self.network, self.geometry.size, self.runtime, 1, [], self.log)
        sent: list[Seen] = []

        def pictures() -> Iterator[np.ndarray]:
            for seen in chain([first], wanting):
                sent.append(seen)
                yield cast(np.ndarray, seen.prepared)

        for place, features in enumerate(self._runner(pictures())):
            seen = sent[place]
            seen.features, seen.prepared = features, None
            if self._store is not None:
                self._store.put(self._key(seen.hash, seen.row), features)

    def _open(self, images: Images) -> None:
        """Decide on the runtime, trying candidates on real pictures only where that was never done here."""
        if not self.features:
            return
        size = self.geometry.size
        trial = self._before(images) if self.runtime == "auto" and not self.ran else None
        if trial is not None:
            self.runtime, self.ran = trial.spec, trial.ran
        if not self.ran and (trial := known(self.network, size, self.runtime, max(self.many, len(images)))):
            self.runtime, self.ran = trial.spec, trial.ran
        if not self.ran and (samples := list(islice(self._samples(images), PROBE))):
            count = max(self.many, len(images))
            self._runner, self.runtime = choose(self.network, size, self.runtime, count, samples, self.log)
            self.ran = str(self._runner)
        if self.ran and (self.view is None or self.view_key):
            self._store = self._stored(self.ran)

    def _stored(self, ran: str) -> cache.Store:
        """The features that this runtime gave."""
        network, size = self.network, self.geometry.size
        name = f"features-{VERSION}-{network.id}-{self.geometry.key()}-{ran.replace(' ', '-')}"
        what = f"features of {network.name} at {size} px, {ran}"
        return cache.store(name, what, np.dtype(("<f4", (network.width,))))

    def _before(self, images: Images) -> "Trial | None":
        """The runtime that looked at nearly all of these pictures before: later measurements change no answer."""
        if self.view is not None and not self.view_key:
            return None
        trials = accepted(self.network, self.geometry.size)
        keys = self._keys(images) if trials else []
        for trial in trials if keys else []:
            store = self._stored(trial.ran)
            if sum(store.get(key) is not None for key in keys) >= NEARLY * len(keys):
                return trial
        return None

    def _keys(self, images: Images) -> list[bytes]:
        """What features of a few of the pictures are kept under."""
        rows = np.unique(np.linspace(0, max(len(images) - 1, 0), min(len(images), PROBE)).astype(int))
        out = []
        for row in rows:
            with suppress(Unreadable):
                item: Any = images.items[row]
                content = item.hash if isinstance(item, Prepared) else content_hash(encoded(item))
                seen = self._facts.get(content) if self._facts is not None else None
                if seen is None or not seen["fact"]["reason"]:  # what cannot be read has no features
                    out.append(self._key(content, int(row)))
        return out

    def _samples(self, images: Images) -> Iterator[np.ndarray]:
        rows = np.unique(np.linspace(0, max(len(images) - 1, 0), min(len(images), 4 * PROBE)).astype(int))
        for row in rows:
            item: Any = images.items[row]
            if isinstance(item, Prepared):
                yield from list(item.squares.values())[:1]
                continue
            try:
                yield prepare(decode(images.items[row], least=self.geometry.least).pixels, self.geometry)
            except Unreadable:
                continue

    def _ahead(self, images: Images) -> Iterator[Seen]:
        """Rows in order, up to a window of them being decoded by threads."""
        workers = max(2, os.cpu_count() or 2)
        with ThreadPoolExecutor(workers) as pool:
            waiting: list[Future[Seen]] = []
            try:
                for row in range(len(images)):
                    waiting.append(pool.submit(self._see, images.items, images.names, row))
                    if len(waiting) > self.ahead * workers:
                        yield waiting.pop(0).result()
                for future in waiting:
                    yield future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _see(self, items: Sequence[Item], names: np.ndarray, row: int) -> Seen:
        item: Any = items[row]
        if isinstance(item, Prepared):
            made = None if item.reason else item.square(self.geometry)
            return Seen(row, item.hash, item.reason, item.look, made)
        try:
            data = encoded(items[row])
        except Unreadable as error:
            return self._unread(row, items[row], str(names[row]), error.reason)
        seen = Seen(row, content_hash(data))
        if not self._recalled(seen, str(names[row])):
            self._decode(seen, data, str(names[row]), wanted=seen.features is None)
        return seen

    def _recalled(self, seen: Seen, name: str) -> bool:
        """Fill in what the cache holds of this content; whether nothing more is wanted of it."""
        seen.features = self._store.get(self._key(seen.hash, seen.row)) if self._store is not None else None
        seen.look = self._facts.get(seen.hash) if self._facts is not None else None
        if seen.look is None:
            return seen.features is not None and self._facts is None
        seen.look = _renamed(seen.look, name)
        seen.reason = bytes(seen.look["fact"]["reason"]).decode("utf-8", "replace")
        return bool(seen.reason) or seen.features is not None or not self.features

    def _decode(self, seen: Seen, data: bytes | np.ndarray, name: str, wanted: bool) -> None:
        picture: Picture | None = None
        try:
            picture = decode(data, least=self.geometry.least)
        except Unreadable as error:
            seen.reason = error.reason
        if self._facts is not None and seen.look is None:
            seen.look = looked(data, name, picture, seen.reason)
            seen.fresh = True
        if picture is not None and wanted and self.ran:
            turn = 0 if self.turn is None else int(self.turn[seen.row])
            pixels, view = picture.pixels, self.view
            seen.prepared = prepare(pixels, self.geometry) if view is None else view(pixels, seen.hash, turn)

    def _unread(self, row: int, item: Item, name: str, reason: str) -> Seen:
        """A file that cannot be opened has no content: its key is its path, and nothing is kept."""
        mark = content_hash(os.fsencode(item) if isinstance(item, Path) else b"")
        return Seen(row, mark, reason, looked(b"", name, None, reason) if self._facts is not None else None)

    def _key(self, content: bytes, row: int) -> bytes:
        turn = 0 if self.turn is None else int(self.turn[row])
        return content if not self.view_key else content_hash(content + f"{self.view_key}\0{turn}".encode())


def _renamed(look: np.ndarray, name: str) -> np.ndarray:
    """What the content told, under this name: a copy of a known file may be misnamed."""
    kind = bytes(look["fact"]["format"]).decode()
    wrong = kind not in ("", "ARRAY") and misnamed(name, kind)
    if wrong != bool(look["fact"]["suffix_wrong"]):
        look = look.copy()
        look["fact"]["suffix_wrong"] = wrong
    return look


def look(images: Images, looker: Looker) -> tuple[Facts, np.ndarray]:
    """Facts of every picture and its features, (n, width) float32, NaN where it could not be read; (n, 0) unwanted."""
    n, width = len(images), looker.network.width if looker.features else 0
    features = np.full((n, width), np.nan, dtype=np.float32)
    table = np.zeros(n, FACT)
    thumbs, small = _room(n, (THUMB, THUMB)), _room(n, (8, 8, 3))
    with looker.log.track("looked at pictures", n) as step:
        for part in looker.stream(images, step):
            for seen in part:
                if seen.features is not None:
                    features[seen.row] = seen.features
                if seen.look is not None:
                    table[seen.row], thumbs[seen.row], small[seen.row] = seen.look.item()
    return Facts(table, thumbs, small), features


def _room(n: int, shape: tuple[int, ...]) -> np.ndarray:
    """An array in memory, or on disk where it would take more than half a gigabyte."""
    if n * int(np.prod(shape)) < 2**29:
        return np.zeros((n, *shape), np.uint8)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the map keeps it open, and it is gone with the process
    return np.memmap(file, np.uint8, "w+", shape=(n, *shape))
