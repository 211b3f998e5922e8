"""Weights of Pillow's antialiased resize, to the last of 22 bits, where a runtime has no float64.

Only the source pixels that a filter reaches are worked out, in pairs of float32 (`twofold`): some 20 a row where a
photograph shrinks to a fourth. One unit more or less in a weight moves values of the result by a level.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .twofold import Pair, summed

LEVELS = 2.0**12, 2.0**24
"""Parts of a weight that are added up apart: of 4,096 taps float32 holds either sum exactly."""


class Filters(NamedTuple):
    """Where the filters of `rows` pixels lie. base: (rows,) the source pixel that the centre lies in, or the one before
    it. beyond: (rows,) from base's edge to the centre, 0 to 1.5. stretch: (rows,), 1 or more. side: (rows,) source
    pixels that there are."""

    base: Tensor
    beyond: Pair
    stretch: Pair
    side: Tensor

    def joined(self, other: "Filters") -> "Filters":
        """Both, one after the other: the fewer operations, the sooner a runtime has opened them."""
        beyond, stretch = (
            Pair(torch.cat([a.high, b.high]), torch.cat([a.low, b.low]))
            for a, b in ((self.beyond, other.beyond), (self.stretch, other.stretch))
        )
        return Filters(torch.cat([self.base, other.base]), beyond, stretch, torch.cat([self.side, other.side]))


def weighed(filters: Filters, far: int, unit: int, cubic: bool) -> Tensor:
    """(rows, 2 far + 1) float32 whole numbers: how many unit-ths source pixels base - far to base + far give to each.

    far: whole pixels that the most stretched filter reaches, or more. unit: a power of 2, 2 ** 24 at most. cubic: Keys'
    filter (1981, a = -0.5), else the triangle.
    """
    place = torch.arange(2 * far + 1) - far
    inside = filters.base[:, None] + place[None, :]
    inside = ((inside >= 0) & (inside < filters.side[:, None])).to(torch.float32)
    middle = (place.to(torch.float32) + 0.5)[None, :] + torch.zeros_like(inside)
    gap = _rows(-filters.beyond).beside(middle)
    sign = torch.where(gap.high < 0, -1.0, 1.0)
    weight = _kernel(Pair(gap.high * sign, gap.low * sign).over(_rows(filters.stretch)), cubic)
    weight = Pair(weight.high * inside, weight.low * inside)
    return _counted(weight.over(_total(weight)), unit)


def spread(units: Tensor, base: Tensor, place: Tensor, far: int) -> Tensor:
    """(rows, whole): the weights (rows, 2 far + 1) at the source pixels `place` (whole,) that they are of, else 0."""
    tap = (place[None, :] - base[:, None] + far + 1).clamp(min=0, max=2 * far + 2)
    return torch.gather(torch.nn.functional.pad(units, (1, 1)), 1, tap)


def _rows(pair: Pair) -> Pair:
    return Pair(pair.high[:, None], pair.low[:, None])


def _total(weight: Pair) -> Pair:
    """(rows, 1) sums of (rows, taps)."""
    first = (weight.high * LEVELS[0]).floor() / LEVELS[0]
    second = ((weight.high - first) * LEVELS[1]).floor() / LEVELS[1]
    rest = (weight.high - first - second) + weight.low
    return Pair(*summed(first.sum(1, keepdim=True), second.sum(1, keepdim=True))).beside(rest.sum(1, keepdim=True))


def _kernel(x: Pair, cubic: bool) -> Pair:
    none = torch.zeros_like(x.high)
    if not cubic:
        falling = (-x).beside(none + 1)
        return _where(x.high < 1, falling, Pair(none, none))
    near, half = x.high < 1, Pair(x.high / 2, x.low / 2).beside(none - 2.5)
    first = _where(near, half.plus(x), -half)
    second = first.times(x).beside(torch.where(near, none, none - 4))
    third = second.times(x).beside(torch.where(near, none + 1, none + 2))
    return _where(x.high < 2, third, Pair(none, none))


def _counted(share: Pair, unit: int) -> Tensor:
    """Shares as whole numbers of unit-ths, halves away from 0."""
    sign = torch.where(share.high < 0, -1.0, 1.0)
    high, low = share.high * sign * unit, share.low * sign * unit
    low_end = high.floor()
    return (low_end + (high - low_end - 0.5 >= -low).to(torch.float32)) * sign


def _where(condition: Tensor, a: Pair, b: Pair) -> Pair:
    return Pair(torch.where(condition, a.high, b.high), torch.where(condition, a.low, b.low))
