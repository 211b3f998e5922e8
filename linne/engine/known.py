"""Features that heads learn from in steps: those of each picture, and of changed copies of it, each computed once."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.images import Images
from ..core.lookup import find
from ..core.recipe import Recipe
from ..core.rng import key, rng
from ..core.spec import Spec, chain
from .data import Data
from .loader import chained, occurrences
from .log import Log
from .look import Looker, look
from .views import VERSION, numbers

COPIES = 4
"""Copies of a picture by a chain that a method's stream asks for."""


def copied(
    data: Data, images: Images, hashes: np.ndarray, augment: Any, count: int, recipe: Recipe, log: Log
) -> np.ndarray:  # fmt: skip
    """(count, n, width) features of so many copies of each picture, changed by a chain, keyed by content and copy."""
    tricks = [find("augment", part) for part in chain(augment)]
    looker = Looker(data.network, data.geometry, log, runtime=recipe.runtime, facts=False)
    looker.turn = occurrences(hashes)
    parts = chain(augment)
    text = ",".join(map(str, parts)) if all(isinstance(part, Spec) for part in parts) else ""
    out = []
    for number in range(count):

        def view(pixels: np.ndarray, content: bytes, turn: int, number: int = number) -> np.ndarray:
            where = recipe.seed, "augment", content, turn, number
            return chained(pixels, tricks, data.geometry, lambda at: rng(*where, at), epoch=number, content=content)

        looker.view, looker.view_key = view, f"{VERSION} {text} seed {recipe.seed} copy {number}" if text else ""
        out.append(look(images, looker)[1])
    return np.stack(out)


class Known:
    """A Feed of features: what a head learns from. Epochs show the views of a picture in turn.

    labels, rows, hashes (n,) as a Feed has them. views: (V, n, width) float32, the first of the pictures as they are.
    make: (chain, count) to (count, n, width), for a stream's view with a chain of its own.
    """

    def __init__(
        self, labels: np.ndarray, rows: np.ndarray, hashes: np.ndarray, views: np.ndarray,
        make: "Callable[[str, int], np.ndarray]",
    ) -> None:  # fmt: skip
        self.labels, self.rows, self.hashes, self.views, self.make = labels, rows, hashes, views, make
        self.others: dict[str, np.ndarray] = {}

    def prepare(self, spec: str) -> None:
        """Have the copies by this chain."""
        if spec not in self.others:
            self.others[spec] = self.make(spec, COPIES)

    def of(self, rows: np.ndarray) -> "Known | None":
        """The feed of these rows of the images; None where it has not all of them."""
        places = np.searchsorted(self.rows, rows)
        if not np.array_equal(self.rows[np.minimum(places, len(self.rows) - 1)], rows):
            return None
        part = copy.copy(self)
        for name in ("labels", "rows", "hashes"):
            setattr(part, name, getattr(self, name)[places])
        part.views = self.views[:, places]
        part.make = lambda spec, count: self._made(spec)[:, places]
        part.others = {}
        return part

    def _made(self, spec: str) -> np.ndarray:
        self.prepare(spec)
        return self.others[spec]

    def batch(
        self, places: np.ndarray, epochs: np.ndarray, turns: np.ndarray, view: str, spec: "str | None", seed: int
    ) -> np.ndarray:
        """(B, width) float32; the view "plain" is of the pictures as they are."""
        if view == "plain":
            return self.views[0, places]
        found = self.views if spec is None else self.others[spec]
        which = numbers(self.hashes[places], epochs, turns, len(found), shift(seed, view))
        return found[which, places]


def shift(seed: int, view: str) -> int:
    """Where a view's turn of the copies begins: two views of one row show different ones where there are several."""
    return seed if view == "images" else key(seed, "view", view) % 2**63
