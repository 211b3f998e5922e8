"""Several views of one picture: the plain one as predict sees it, its mirror image, then random ones, keyed by number.

View 0 is the plain picture and 1 its mirror image. From 2 on: a random part of the picture (Szegedy et al. 2015,
arXiv:1409.4842, section 6), every other one mirrored, half of them with other brightness, contrast and colour. With a
chain of augment tricks every view but the plain one is that chain's.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.decode import Geometry, decode, prepare
from ..core.lookup import find
from ..core.rng import key, rng
from ..core.spec import chain
from .loader import Pictures, chained

VERSION = "3"
"""Of the views' draws and pixels."""
AREA = 0.35, 1.0
RATIO = 3 / 4, 4 / 3
COLOUR = 0.25
MANY = 1 << 12
"""Views after which a run from pictures begins again with the first."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(eq=False)
class Views:
    """Makes view `number` of a picture. given: an augment chain, "" for the views above. seed: of every draw."""

    geometry: Geometry
    seed: int
    given: Any = ""

    def __post_init__(self) -> None:
        self.tricks = [find("augment", part) for part in chain(self.given)]
        self._whole = replace(self.geometry, fit="squash", crop=Geometry().crop)

    def key(self, number: int) -> str:
        """What names a view and its draws in a cache; "" for the plain one, which draws nothing."""
        if number == 0:
            return ""
        if number == 1 and not self.tricks:
            return "mirror"
        text = ",".join(map(str, chain(self.given)))
        return f"view {VERSION}.{number} of {text or 'crop'} seed {self.seed}"

    def __call__(self, pixels: np.ndarray, number: int, content: bytes, turn: int) -> np.ndarray:
        """(size, size, 3) uint8 of pixels (H, W, 3) uint8.

        content: the picture's hash; turn: how many earlier pictures have the same.
        """
        if number == 0:
            return prepare(pixels, self.geometry)
        if self.tricks:
            return self._chained(pixels, number, content, turn)
        if number == 1:
            return np.ascontiguousarray(prepare(pixels, self.geometry)[:, ::-1])
        draws = [rng(self.seed, "view", content, turn, number, place) for place in range(2)]
        out = prepare(part(pixels, draws[0], AREA, RATIO), self._whole)
        if number % 4 < 2:
            out = tint(out, draws[1], COLOUR)
        return np.ascontiguousarray(out[:, ::-1] if number % 2 else out)

    def _chained(self, pixels: np.ndarray, number: int, content: bytes, turn: int) -> np.ndarray:
        where = self.seed, "view", content, turn, number
        return chained(pixels, self.tricks, self.geometry, lambda at: rng(*where, at), epoch=number, content=content)


def part(
    pixels: np.ndarray, draw: np.random.Generator, area: tuple[float, float], ratio: tuple[float, float]
) -> np.ndarray:
    """A random box of a picture (H, W, 3): its share of the area drawn evenly, its width over height log-evenly.

    Ten tries, then the largest centre box within `ratio`, as torchvision's RandomResizedCrop.
    """
    high, wide = pixels.shape[:2]
    for _ in range(10):
        share = high * wide * draw.uniform(*area)
        shape = np.exp(draw.uniform(*np.log(ratio)))
        w, h = round(np.sqrt(share * shape)), round(np.sqrt(share / shape))
        if 0 < w <= wide and 0 < h <= high:
            top, left = int(draw.integers(high - h + 1)), int(draw.integers(wide - w + 1))
            return pixels[top : top + h, left : left + w]
    h, w = (round(max(min(a, b), 1)) for a, b in ((high, wide / ratio[0]), (wide, high * ratio[1])))
    top, left = (high - h) // 2, (wide - w) // 2
    return pixels[top : top + h, left : left + w]


def tint(pixels: np.ndarray, draw: np.random.Generator, most: float) -> np.ndarray:
    """Other brightness, contrast and saturation, each times an even draw from 1 - most to 1 + most; uint8 again."""
    light, contrast, colour = draw.uniform(1 - most, 1 + most, 3).astype(np.float32)
    out = pixels.astype(np.float32) * light
    mean = out.mean()
    out = (out - mean) * contrast + mean
    grey = (out @ LUMA)[..., None]
    return np.clip(np.rint((out - grey) * colour + grey), 0, 255).astype(np.uint8)


def numbers(hashes: np.ndarray, epochs: np.ndarray, turns: np.ndarray, views: int, seed: int) -> np.ndarray:
    """(B,) which view each row shows in its epoch: all of them in turn, beginning where its content says.

    hashes: (B,) of 16 bytes. turns: how often the row came before in this epoch; a second time shows the next view.
    """
    heads = np.frombuffer(np.ascontiguousarray(hashes).tobytes(), "<u8")[::2]
    return ((heads + np.uint64(seed)) % np.uint64(views) + (epochs + turns).astype(np.uint64)).astype(np.int64) % views


@dataclass(eq=False)
class Shown:
    """A Feed of pictures in views that go on from epoch to epoch.

    items, labels, rows, hashes, turn: (n,). scale: mean and std of values in 0..1 that the network is used to. targets:
    as a Feed's.
    """

    items: Any
    labels: np.ndarray
    rows: np.ndarray
    hashes: np.ndarray
    turn: np.ndarray
    views: Views
    scale: tuple[tuple[float, ...], tuple[float, ...]]
    targets: "np.ndarray | None" = None

    def part(self, places: np.ndarray) -> "Shown":
        """The feed of these places alone."""
        own = {name: getattr(self, name)[places] for name in ("labels", "rows", "hashes", "turn")}
        targets = None if self.targets is None else self.targets[places]
        return replace(self, items=[self.items[place] for place in places], targets=targets, **own)

    def batch(
        self, places: np.ndarray, epochs: np.ndarray, turns: np.ndarray, view: str, spec: "str | None", seed: int
    ) -> np.ndarray:
        """(B, size, size, 3) uint8; the view "plain" is as predict sees them.

        A view of another name than "images" has draws of its own; one with a chain shows that in their place.
        """
        if spec is not None:
            own = Pictures(self.items, self.labels, self.rows, self.hashes, self.views.geometry, scale=self.scale)
            return own.batch(places, epochs, turns, view, spec, seed)
        which = np.zeros(len(places), np.int64)
        if view != "plain":
            start = self.views.seed if view == "images" else key(self.views.seed, "view", view) % 2**63
            which = 1 + numbers(self.hashes[places], epochs, turns, MANY, start)
        return np.stack([self._one(int(place), int(number)) for place, number in zip(places, which, strict=True)])

    def _one(self, place: int, number: int) -> np.ndarray:
        pixels = decode(self.items[place], least=self.views.geometry.least).pixels
        return self.views(pixels, number, self.hashes[place].tobytes(), int(self.turn[place]))
