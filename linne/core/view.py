"""View: one way to look at a picture at test time, as plain data; `shown` makes the network's square of it.

A plain view is what `prepare` gives, to the last bit. Every other one is a cut of the picture's whole square, which is
resized once for all views of one scale, by the same resize. Quarter turns and mirror images compute no pixel anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import isfinite

import numpy as np

from .decode import Geometry, prepare
from .errors import OptionError

VERSION = "1"
"""Of the pixels: a change of any must change it, or caches would be stale."""
LEAST = 0.5
"""The smallest share of a side that a view may show: the decoder then still gives more pixels than the input has."""


@dataclass(frozen=True)
class View:
    """share: of the whole square's side that is seen, LEAST to 1, or 0 for the plain picture, as `predict` sees it.

    left, top: where in the room beside it, 0 to 1. turn: quarter turns counter-clockwise, from 4 on mirrored
    left to right after 0 to 3 of them. weight: how much it counts, above 0. Raises OptionError for values outside
    these.
    """

    share: float = 0.0
    left: float = 0.5
    top: float = 0.5
    turn: int = 0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.share and not LEAST <= self.share <= 1:
            raise OptionError(f"A view shows {LEAST:g} to 1 of the picture's side, got {self.share:g}: larger is none.")
        if not (0 <= self.left <= 1 and 0 <= self.top <= 1 and self.turn in range(8)):
            raise OptionError(f"A view lies at 0 to 1 and has turn 0 to 7, got {self}.")
        if not (isinstance(self.weight, (int, float)) and isfinite(self.weight) and self.weight > 0):
            raise OptionError(f"A view's weight is a number above 0, got {self.weight!r}. Leave the view out instead.")

    def key(self) -> str:
        """What names the view in a cache; "" for the plain one."""
        if not self.share:
            return "" if not self.turn else "mirror" if self.turn == 4 else f"turn {VERSION}.{self.turn}"
        return f"cut {VERSION} {self.share!r} {self.left!r} {self.top!r} turn {self.turn}"


def shown(pixels: np.ndarray, geometry: Geometry, views: Sequence[View]) -> list[np.ndarray]:
    """(size, size, 3) uint8 of each view of pixels (H, W, 3) uint8; one resize for each scale among them."""
    wholes: dict[int, np.ndarray] = {}
    return [np.ascontiguousarray(turned(_square(pixels, geometry, view, wholes), view.turn)) for view in views]


def turned(square: np.ndarray, turn: int) -> np.ndarray:
    """A square (S, S, ...) in one of its eight symmetries; 0 is as it is."""
    out = np.rot90(square, turn % 4)
    return out[:, ::-1] if turn >= 4 else out


def side(size: int, share: float) -> int:
    """Of the whole square, in pixels, where `share` of it is `size` pixels wide; 0 for the plain view."""
    return round(size / share) if share else 0


def crossed(parts: Sequence[Sequence[View]]) -> list[View]:
    """Every view of the first in every view of the second, and so on: `five_crop,flip` are the ten crops.

    Raises OptionError where two of them cut, or one adds nothing to the others.
    """
    return reduce(_times, parts, [View()])


def _times(first: Sequence[View], second: Sequence[View]) -> list[View]:
    if any(one.share for one in first) and any(one.share for one in second):
        raise OptionError("Of several views joined by commas one alone may cut: a cut of a cut is not defined.")
    out: list[View] = []
    for one in first:
        for two in second:
            cut = one if one.share else two
            out.append(replace(cut, turn=_after(one.turn, two.turn), weight=one.weight * two.weight))
    if len({view.key() for view in out}) < len(out):
        raise OptionError("Two of these views are the same: one of the joined tricks adds nothing. Leave it out.")
    return out


def _after(one: int, two: int) -> int:
    """The symmetry that is `two` after `one`."""
    corners = np.arange(4).reshape(2, 2)
    both = turned(turned(corners, one), two)
    return next(turn for turn in range(8) if np.array_equal(turned(corners, turn), both))


def _square(pixels: np.ndarray, geometry: Geometry, view: View, wholes: dict[int, np.ndarray]) -> np.ndarray:
    size, wide = geometry.size, side(geometry.size, view.share)
    if wide not in wholes:
        whole = replace(geometry, size=wide, **({"crop": 1.0} if geometry.fit == "crop" else {})) if wide else geometry
        wholes[wide] = prepare(pixels, whole)
    if not wide:
        return wholes[wide]
    left, top = round(view.left * (wide - size)), round(view.top * (wide - size))
    return wholes[wide][top : top + size, left : left + size]
