"""Weights of a resize that enlarges, to the last of 22 bits, where a runtime has no float64.

A filter that is not stretched reaches over five source pixels at most, so that all of its weights are a small array,
worked out in pairs of float32 (`twofold`). One unit more or less in one of them moves a whole column of the result.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .twofold import Pair, quick, summed, whole

TAPS = 5
"""Source pixels that the filter may reach, from two before the one that its centre lies in."""
COARSE = 2.0**20


class Centres(NamedTuple):
    """Where filters lie, in whole numbers: at base + step / 2 + part / of, and a little further, as the box's end is.

    All are (size,) or one for all. step: 0 or 1. end: (e, n, d), the end is e + n / d before it is rounded to float32.
    over: (a, b), what that makes it longer counts a / 2 / b times.
    """

    base: Tensor
    step: Tensor
    part: Tensor
    of: Tensor
    end: tuple[Tensor, Tensor, Tensor]
    over: tuple[Tensor, Tensor]

    def joined(self, other: "Centres") -> "Centres":
        """Both, one after the other: the fewer operations, the sooner a runtime has opened them."""

        def two(mine: Tensor, its: Tensor) -> Tensor:
            return torch.cat([mine + torch.zeros_like(self.base), its + torch.zeros_like(other.base)])

        return Centres(
            two(self.base, other.base), two(self.step, other.step), two(self.part, other.part), two(self.of, other.of),
            (two(self.end[0], other.end[0]), two(self.end[1], other.end[1]), two(self.end[2], other.end[2])),
            (two(self.over[0], other.over[0]), two(self.over[1], other.over[1])),
        )  # fmt: skip

    def beyond(self) -> Pair:
        """(size,) how far each lies beyond its base."""
        whole_end, left = summed(self.end[0].to(torch.float32), (share := _ratio(self.end[1], self.end[2])).high)
        longer = -quick(whole_end, left + share.low).low
        gained = longer * (self.over[0].to(torch.float32) / 2) / self.over[1].to(torch.float32)
        half = self.step.to(torch.float32) / 2
        return _ratio(self.part, self.of).plus(Pair(half, gained))


def enlarged(centres: Centres, side: Tensor, unit: int, cubic: bool) -> Tensor:
    """(size, TAPS) float32 whole numbers: how many unit-ths source pixels base - 2 to base + 2 give to each of a row.

    side: (size,) of the whole picture; there are no weights outside of it. cubic: Keys' filter (1981, a = -0.5), else
    the triangle.
    """
    place = torch.arange(TAPS) - TAPS // 2
    inside = centres.base[:, None] + place[None, :]
    inside = ((inside >= 0) & (inside < side[:, None])).to(torch.float32)
    middle = (place.to(torch.float32) + 0.5)[None, :] + torch.zeros_like(inside)
    beyond = centres.beyond()
    gap = Pair(-beyond.high[:, None], -beyond.low[:, None]).beside(middle)
    sign = torch.where(gap.high < 0, -1.0, 1.0)
    weight = _kernel(Pair(gap.high * sign, gap.low * sign), cubic)
    weight = Pair(weight.high * inside, weight.low * inside)
    coarse = (weight.high * COARSE).floor() / COARSE  # five of these add up to what float32 holds
    rest = (weight.high - coarse) + weight.low
    return _counted(weight.over(quick(coarse.sum(1, keepdim=True), rest.sum(1, keepdim=True))), unit)


def spread(units: Tensor, base: Tensor, place: Tensor) -> Tensor:
    """(size, whole): the weights (size, TAPS) at the source pixels `place` (whole,) that they are of, 0 elsewhere."""
    tap = (place[None, :] - base[:, None] + TAPS // 2 + 1).clamp(min=0, max=TAPS + 1)
    return torch.gather(torch.nn.functional.pad(units, (1, 1)), 1, tap)


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
    """Shares as whole numbers of unit-ths, halves away from 0; unit is a power of 2."""
    sign = torch.where(share.high < 0, -1.0, 1.0)
    high, low = share.high * sign * unit, share.low * sign * unit
    low_end = high.floor()
    return (low_end + (high - low_end - 0.5 >= -low).to(torch.float32)) * sign


def _ratio(a: Tensor, b: Tensor) -> Pair:
    return whole(a).over(whole(b))


def _where(condition: Tensor, a: Pair, b: Pair) -> Pair:
    return Pair(torch.where(condition, a.high, b.high), torch.where(condition, a.low, b.low))
