"""Numbers as unevaluated sums of two float32, 48 bits of fraction, for runtimes that compute float64 in float32.

Each operation gives its result rounded and what rounding left (Dekker 1971, doi:10.1007/BF01397083; Knuth, TAOCP 2,
4.2.2). They hold where every float32 operation is rounded by itself, and where a product and a sum are fused, too: the
products that are subtracted from are exact.
"""

from typing import NamedTuple

import torch
from torch import Tensor

SPLIT = 4097.0
"""2 ** 12 + 1: times a number, it tells the upper half of its 24 bits (Veltkamp)."""


class Pair(NamedTuple):
    """high + low, both float32 and of one shape, low at most half a unit in the last place of high."""

    high: Tensor
    low: Tensor

    def __neg__(self) -> "Pair":
        return Pair(-self.high, -self.low)

    def plus(self, other: "Pair") -> "Pair":
        """The sum."""
        total, left = summed(self.high, other.high)
        return quick(total, left + (self.low + other.low))

    def beside(self, number: Tensor) -> "Pair":
        """The sum with a float32."""
        total, left = summed(self.high, number)
        return quick(total, left + self.low)

    def times(self, other: "Pair") -> "Pair":
        """The product."""
        product, left = multiplied(self.high, other.high)
        return quick(product, left + (self.high * other.low + self.low * other.high))

    def over(self, other: "Pair") -> "Pair":
        """The quotient: rounded, and what is left over divided once more."""
        first = self.high / other.high
        product, left = multiplied(first, other.high)
        rest = (self.high - product) - left + (self.low - first * other.low)
        return quick(first, rest / other.high)


def whole(value: Tensor) -> Pair:
    """Whole numbers below 2 ** 31."""
    high = value.to(torch.float32)
    return Pair(high, (value - high.to(value.dtype)).to(torch.float32))


def ratio(a: Tensor, b: Tensor) -> Pair:
    """Whole numbers divided."""
    return whole(a).over(whole(b))


def quick(large: Tensor, small: Tensor) -> Pair:
    """The sum of two numbers of which the first is not the smaller."""
    total = large + small
    return Pair(total, small - (total - large))


def summed(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """(a + b rounded, what that left)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def multiplied(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """(a * b rounded, what that left)."""
    product = a * b
    (upper_a, lower_a), (upper_b, lower_b) = _split(a), _split(b)
    left = ((upper_a * upper_b - product) + upper_a * lower_b + lower_a * upper_b) + lower_a * lower_b
    return product, left


def _split(value: Tensor) -> tuple[Tensor, Tensor]:
    """Upper and lower 12 bits."""
    wide = value * SPLIT
    upper = wide - (wide - value)
    return upper, value - upper
