"""Several views of every picture in one pass: read, hashed and decoded once, each view's features kept by its name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from ..core.decode import Geometry, decode, encoded
from ..core.errors import Unreadable
from ..core.gaze import Gaze
from ..core.images import Images, Item
from ..core.measure import content_hash
from ..core.sights import Prepared
from ..core.view import View, shown
from .log import Log
from .look import Looker, Seen
from .network import Network


@dataclass
class Glance(Seen):
    """A picture and what is seen of it: `views`, each a Seen with the key of its features as hash; none of unread."""

    views: list[Seen] = field(default_factory=list)


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
        item: Any = items[row]
        if isinstance(item, Prepared):
            return self._beforehand(item, row)
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

    def _beforehand(self, item: Prepared, row: int) -> Glance:
        """A picture whose views were made elsewhere."""
        seen = Glance(row, item.hash, item.reason)
        if not item.reason:
            seen.views = [Seen(row, _key(item.hash, view), prepared=item.square(self.geometry, view.key()))
                          for view in self.gaze(item.hash)]  # fmt: skip
        return seen


def _key(content: bytes, view: View) -> bytes:
    """Of a view's features in the cache: the plain one's and the mirror image's are those of training."""
    return content_hash(content + f"{view.key()}\0{0}".encode()) if view.key() else content
