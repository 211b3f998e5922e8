"""The views that a chain of view tricks names, at one size."""

from collections.abc import Callable
from functools import cache
from inspect import signature

from .lookup import find, offer
from .spec import chain
from .view import View, crossed


class Gaze:
    """The views that a chain of view tricks names, at one size; "" is the plain one. count, weights: of each picture.

    Raises OptionError for what is not there, cannot be joined, or has no room at this size.
    """

    def __init__(self, spec: str, size: int) -> None:
        self.spec, self._size = spec, size
        self._tricks = [find("view", part) for part in chain(spec)]
        self._drawn = any("content" in signature(trick).parameters for trick in self._tricks)
        self._fixed: Callable[[], list[View]] = cache(lambda: self._made(bytes(16)))
        self.weights = tuple(view.weight for view in self._fixed())

    def __call__(self, content: bytes) -> list[View]:
        """The views of a picture with this hash."""
        return self._made(content) if self._drawn else self._fixed()

    def _made(self, content: bytes) -> list[View]:
        return crossed([offer(trick, size=self._size, content=content) for trick in self._tricks])
