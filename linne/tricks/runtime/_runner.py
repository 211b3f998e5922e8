"""What every runtime returns: a stream of pictures in, a stream of features out, in the same order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

Batch = np.ndarray


class Runner:
    """start(uint8 (b, H, W, 3)) gives a ticket; finish(ticket) gives (features, logits) of that batch, float32.

    name, precision: what it is, for the log and for the cache's key. batch: pictures a start. ahead: tickets at a time.
    lanes: threads that may call it at the same time with a gain; each has its own stream of pictures.
    """

    def __init__(
        self,
        name: str,
        precision: str,
        batch: int,
        start: Callable[[Batch], Any],
        finish: Callable[[Any], Any],
        ahead: int,
        lanes: int = 1,
    ) -> None:
        self.name, self.precision, self.batch, self.lanes = name, precision, batch, lanes
        self._start, self._finish, self._ahead = start, finish, ahead

    def __str__(self) -> str:
        return f"{self.name} {self.precision}"

    def __call__(self, images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """uint8 (H, W, 3) arrays to their (width,) float32 features, one by one, in order."""
        return (features for features, _ in self.both(images))

    def both(self, images: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The same, with the logits of the network's own head."""
        source, waiting = iter(images), deque()
        while True:
            part = list(islice(source, self.batch))
            if part:
                filled = part + [part[-1]] * (self.batch - len(part))
                waiting.append((len(part), self._start(np.stack(filled))))
            if not waiting:
                return
            if not part or len(waiting) > self._ahead:
                count, ticket = waiting.popleft()
                features, logits = self._finish(ticket)
                yield from zip(features[:count], logits[:count], strict=True)
