"""Several views of every picture in one pass: read, hashed and decoded once, each view's features kept by its name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from inspect import signature
from typing import cast

import numpy as np

from ..core.decode import Geometry, decode, encoded
from ..core.errors import Unreadable
from ..core.images import Images, Item
from ..core.lookup import find, offer
from ..core.measure import content_hash
from ..core.spec import chain
from ..core.view import View, crossed, shown
from .log import Log
from .look import Looker, Seen
from .network import Network


@dataclass
class Glance(Seen):
    """A picture and what is seen of it: `views`, each a Seen with the key of its features as hash; none of unread."""

    views: list[Seen] = field(default_factory=list)


class Gaze:
    """The views that a chain of view tricks names, at one size; "" is the plain one. count, weights: of each picture.

    Raises OptionError for what is not there, cannot be joined, or has no room at this size.
    """

    def __init__(self, spec: str, size: int) -> None:
        self._tricks, self._size = [find("view", part) for part in chain(spec)], size
        self._drawn = any("content" in signature(trick).parameters for trick in self._tricks)
        self._fixed: Callable[[], list[View]] = cache(lambda: self._made(bytes(16)))
        self.weights = tuple(view.weight for view in self._fixed())

    def __call__(self, content: bytes) -> list[View]:
        """The views of a picture with this hash."""
        return self._made(content) if self._drawn else self._fixed()

    def _made(self, content: bytes) -> list[View]:
        return crossed([offer(trick, size=self._size, content=content) for trick in self._tricks])


class Glances(Looker):
    """A Looker that gives every picture as a Glance."""

    def __init__(self, network: Network, geometry: Geometry, log: Log, gaze: Gaze, runtime: str = "auto") -> None:
        super().__init__(network, geometry, log, runtime=runtime, facts=False)
        self.gaze = gaze
        self.ahead = max(1, Looker.ahead // len(gaze.weights))

    def glances(self, images: Images, step: Callable[[int], None]) -> Iterator[list[Glance]]:
        """Pictures in order, in chunks."""
        return (cast(list[Glance], part) for part in self.stream(images, step))

    def _wanting(self, source: Iterable[Seen], part: list[Seen], step: Callable[[int], None]) -> Iterator[Seen]:
        for seen in source:
            part.append(seen)
            step(1)
            yield from (view for view in cast(Glance, seen).views if view.prepared is not None)

    def _see(self, items: Sequence[Item], names: np.ndarray, row: int) -> Seen:
        try:
            data = encoded(items[row])
        except Unreadable as error:
            unread = self._unread(row, items[row], str(names[row]), error.reason)
            return Glance(row, unread.hash, unread.reason)
        seen = Glance(row, content_hash(data))
        asked = self.gaze(seen.hash)
        views = [Seen(row, _key(seen.hash, view)) for view in asked]
        for view in views:
            view.features = self._store.get(view.hash) if self._store is not None else None
        missing = [place for place, view in enumerate(views) if view.features is None]
        if missing:
            try:
                pixels = decode(data, least=self.geometry.least).pixels
            except Unreadable as error:
                seen.reason = error.reason
                return seen
            squares = shown(pixels, self.geometry, [asked[place] for place in missing]) if self.ran else []
            for place, square in zip(missing, squares, strict=False):
                views[place].prepared = square
        seen.views = views
        return seen


def _key(content: bytes, view: View) -> bytes:
    """Of a view's features in the cache: the plain one's and the mirror image's are those of training."""
    return content_hash(content + f"{view.key()}\0{0}".encode()) if view.key() else content
