"""Trunk activations: what a network's first parts make of a picture does not change, so it is computed once.

The network is cut after one of its parts. What the parts before the cut give for each picture and view goes through
the fastest runtime here into the cache, in bfloat16, keyed by content, weights, cut, geometry, view and its draws, and
runtime; it is read from the disk's pages where they lie. Views beyond the cache's limit are computed when asked for.
"""

import copy
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..core.decode import decode
from ..core.errors import OptionError, Unreadable, nearest
from ..core.images import Images
from ..core.measure import content_hash
from . import cache
from .choose import choose
from .known import COPIES, shift
from .log import Log
from .look import Looker, Seen
from .network import Network
from .views import Views, numbers

VERSION = "1"


@dataclass(frozen=True)
class Trunk:
    """A network up to a cut; stands where a Network does, its activations in the place of features.

    cut: the last part that belongs to it. shape: of one picture's activations. after: share of the network's
    multiplications that come after the cut.
    """

    network: Network
    cut: str
    shape: tuple[int, ...]
    after: float = 0.0

    @property
    def id(self) -> str:
        """Of the network and the cut."""
        return f"{self.network.id}-{content_hash(self.cut.encode()).hex()[:8]}"

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.network.name} up to {self.cut}"

    @property
    def width(self) -> int:
        """Numbers of one picture."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """What one picture's view takes in the cache."""
        return 2 * self.width

    @property
    def folder(self) -> Path:
        """Where its converted forms are kept."""
        place = self.network.folder / f"trunk-{VERSION}-{self.id}"
        place.mkdir(parents=True, exist_ok=True)
        return place

    def graph(self) -> Any:
        """uint8 (B, H, W, 3) in, (activations (B, width), their means (B, shape[0])) out, as a torch module."""
        import torch

        class Graph(torch.nn.Module):
            def __init__(self, trunk: "Trunk") -> None:
                super().__init__()
                network = trunk.network
                self.row = torch.nn.Sequential(*(part for _, part in split(network.module(), trunk.cut)[0]))
                self.register_buffer("mean", torch.tensor(network.mean).view(1, -1, 1, 1) * 255)
                self.register_buffer("std", torch.tensor(network.std).view(1, -1, 1, 1) * 255)

            def forward(self, x: Any) -> Any:
                y = self.row((x.permute(0, 3, 1, 2).to(torch.float32) - self.mean) / self.std)
                return y.flatten(1), y.flatten(2).mean(2)

        return Graph(self).eval()


def split(net: Any, cut: str) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """A network's parts up to the cut and after it. Raises OptionError where there is no such part, or none after."""
    row = net.parts()
    names = [name for name, _ in row]
    if cut not in names[:-1]:
        raise OptionError(f"{net.name} has no part {cut!r} to be cut after. {nearest(cut, names[:-1])}")
    at = names.index(cut) + 1
    return row[:at], row[at:]


def cuts(network: Network, size: int) -> list[Trunk]:
    """Every place where the network can be cut, from the picture on. Imports torch; sends one picture through it."""
    import torch

    net = network.module()
    x = torch.zeros(1, net.channels, size, size)
    shapes, costs = [], []
    row = net.parts()
    for _, part in row:
        with torch.no_grad(), _counted(part) as count:
            x = part(x)
        shapes.append(tuple(x.shape[1:]))
        costs.append(count[0])
    left = 1 - np.cumsum(costs) / max(sum(costs), 1)
    found = zip((name for name, _ in row), shapes, left, strict=True)
    return [Trunk(network, name, shape, float(after)) for name, shape, after in found if len(shape) > 1]


def cut_at(network: Network, size: int, name: str) -> Trunk:
    """The cut after this part. Raises OptionError for one that the network does not have, with the nearest."""
    found = cuts(network, size)
    names = [one.cut for one in found]
    if name not in names:
        raise OptionError(f"{network.name} has no part {name!r} to be cut after. {nearest(name, names)}")
    return found[names.index(name)]


@contextmanager
def _counted(part: Any) -> Iterator[list[int]]:
    """Multiplications by weights in what is done with one picture meanwhile: of convolutions and linear layers."""
    count = [0]

    def note(layer: Any, given: Any, result: Any) -> None:
        if hasattr(result, "numel"):
            count[0] += layer.weight.numel() * (result.numel() // layer.weight.shape[0])

    layers = [one for one in part.modules() if getattr(getattr(one, "weight", None), "ndim", 0) > 1]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        yield count
    finally:
        for hook in hooks:
            hook.remove()


def narrow(values: np.ndarray) -> np.ndarray:
    """float32 as bfloat16's bits, uint16, rounded to nearest even; not a number stays one."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    out = ((bits + (0x7FFF + ((bits >> 16) & 1)).astype(np.uint32)) >> 16).astype(np.uint16)
    return np.where(np.isnan(values), np.uint16(0x7FC0), out)


def wide(bits: np.ndarray) -> np.ndarray:
    """bfloat16's bits, uint16, as float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


class _Halved:
    """A store of bfloat16 rows that is written float32 ones."""

    def __init__(self, store: cache.Store) -> None:
        self.store, self.flush = store, store.flush

    def get(self, key: bytes) -> np.ndarray | None:
        return self.store.get(key)

    def put(self, key: bytes, value: np.ndarray) -> None:
        self.store.put(key, narrow(value))


class _Trunker(Looker):
    """Looks at pictures through a trunk, one view at a time."""

    def __init__(self, trunk: Trunk, views: Views, log: Log, runtime: str, turn: np.ndarray) -> None:
        super().__init__(trunk, views.geometry, log, runtime=runtime, facts=False)  # type: ignore[arg-type]
        self.views, self.number, self.turn, self.made = views, 0, turn, 0

    def show(self, number: int) -> None:
        """The view that pictures are seen in from now on."""
        self.number, self.view_key = number, self.views.key(number)

    def run(self, pictures: list[np.ndarray]) -> np.ndarray:
        """(n, width) float32 of prepared pictures, now."""
        if self._runner is None:
            size, count = self.geometry.size, len(pictures)
            self._runner, self.runtime = choose(self.network, size, self.runtime, count, pictures, self.log)
        return np.stack(list(self._runner(pictures)))

    def _open(self, images: Images) -> None:
        super()._open(images)
        if self._store is not None and not isinstance(self._store, _Halved):
            dtype = np.dtype(("<u2", (self.network.width,)))
            self._store = _Halved(cache.Store(self._store.folder, dtype))  # type: ignore[assignment]

    def _decode(self, seen: Seen, data: bytes | np.ndarray, name: str, wanted: bool) -> None:
        try:
            pixels = decode(data, least=self.geometry.least).pixels
        except Unreadable as error:
            seen.reason = error.reason
            return
        turn = 0 if self.turn is None else int(self.turn[seen.row])
        seen.prepared = self.views(pixels, self.number, seen.hash, turn)
        self.made += 1


class Activations:
    """A Feed of trunk activations: what a network's tail learns from. Epochs show the views in turn.

    images: the rows that learn; labels, rows and hashes (n,) as a Feed has them, rows (ascending) being places
    unless set. views: how many; kept: how many of them are in the cache, the rest is computed when asked for. Raises
    OptionError for no view, or fewer than `kept`.
    """

    def __init__(
        self, trunk: Trunk, images: Images, hashes: np.ndarray, views: Views, count: int, log: Log, *,
        kept: int = -1, runtime: str = "auto",
    ) -> None:  # fmt: skip
        if count < 1 or kept > count:
            raise OptionError(f"There is at least one view, and no more are kept: got {count} and {kept}.")
        from .loader import occurrences

        self.trunk, self.images, self.count = trunk, images, count
        self.kept = count if kept < 0 else kept
        self.labels, self.hashes = images.labels, hashes
        self.rows = np.arange(len(images))
        self.turn = occurrences(hashes)
        self.looker = _Trunker(trunk, views, log, runtime, self.turn)
        self.others: dict[str, Activations] = {}
        self._lock = threading.Lock()

    def part(self, places: np.ndarray) -> "Activations":
        """The feed of these places alone, over the same cache."""
        part = copy.copy(self)
        part.images = self.images.take(places)
        for name in ("labels", "hashes", "rows", "turn"):
            setattr(part, name, getattr(self, name)[places])
        part.others = {spec: other.part(places) for spec, other in self.others.items()}
        return part

    def prepare(self, spec: str) -> None:
        """Have copies by this chain, which a stream's view asks for."""
        if spec in self.others:
            return
        looker = self.looker
        views = replace(looker.views, given=spec)
        feed = Activations(self.trunk, self.images, self.hashes, views, COPIES + 1, looker.log, runtime=looker.runtime)
        feed.rows, feed.turn = self.rows, self.turn
        feed.compute(range(1, COPIES + 1))
        self.others[spec] = feed

    def of(self, rows: np.ndarray) -> "Activations | None":
        """The feed of these rows of the images; None where it has not all of them."""
        places = np.searchsorted(self.rows, rows)
        if not np.array_equal(self.rows[np.minimum(places, len(self.rows) - 1)], rows):
            return None
        return self.part(places)

    @property
    def targets(self) -> "np.ndarray | None":
        """As a Feed's."""
        return self.images.targets

    @property
    def seed(self) -> int:
        """Of the views' draws."""
        return self.looker.views.seed

    def compute(self, views: Sequence[int] | None = None) -> int:
        """Have these views (all that are kept by default) in the cache, and say how many pictures that took."""
        looker = self.looker
        looker.made = 0
        for number in range(self.kept) if views is None else views:
            looker.show(number)
            with looker.log.track(f"view {number} of pictures up to {self.trunk.cut}", len(self.images)) as step:
                for _ in looker.stream(self.images, step):
                    pass
        self.reopen()
        return looker.made

    def reopen(self) -> None:
        """See what was written since."""
        looker = self.looker
        looker._open(self.images)
        if isinstance(looker._store, _Halved):
            looker._store = _Halved(cache.Store(looker._store.store.folder, looker._store.store.dtype))  # type: ignore[assignment]

    def batch(
        self, places: np.ndarray, epochs: np.ndarray, turns: np.ndarray, view: str, spec: "str | None", seed: int
    ) -> np.ndarray:
        """(B, *shape) float32; the view "plain" is view 0. A chain's copies begin at 1."""
        if view == "plain":
            return self.take(places, np.zeros(len(places), np.int64))
        start, hashes = shift(self.seed, view), self.hashes[places]
        if spec is None:
            return self.take(places, numbers(hashes, epochs, turns, self.count, start))
        return self.others[spec].take(places, 1 + numbers(hashes, epochs, turns, COPIES, start))

    def take(self, places: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(B, *shape) float32 of these places, each in one view."""
        out = np.empty((len(places), self.trunk.width), np.uint16)
        missing = []
        for at, (place, number) in enumerate(zip(places, which, strict=True)):
            value = self._known(int(place), int(number))
            if value is None:
                missing.append(at)
            else:
                out[at] = value
        if missing:
            out[missing] = self._made(places[missing], which[missing])
        return wide(out).reshape(len(places), *self.trunk.shape)

    def _known(self, place: int, number: int) -> np.ndarray | None:
        store = self.looker._store
        key = self.looker.views.key(number)
        content = self.hashes[place].tobytes()
        mark = content_hash(content + f"{key}\0{int(self.turn[place])}".encode()) if key else content
        return None if store is None else store.get(mark)

    def _made(self, places: np.ndarray, which: np.ndarray) -> np.ndarray:
        """The same computed now: streamed views, and rows that the cache has lost."""
        with self._lock:
            pictures = []
            for place, number in zip(places, which, strict=True):
                pixels = decode(self.images.items[place], least=self.looker.geometry.least).pixels
                content = self.hashes[place].tobytes()
                pictures.append(self.looker.views(pixels, int(number), content, int(self.turn[place])))
            return narrow(self.looker.run(pictures))
