"""How many pictures a paired comparison needs, and what those at hand could have shown: planned from how often two
classifiers disagree, never from the difference that they happened to show."""

from dataclasses import dataclass

import numpy as np

from .errors import OptionError
from .intervals import clusters, quantile, together

POWER = 0.8
"""The chance to see a difference that is there."""
ROUGH = 40
"""Independent pictures that differ: with 45 or more 98 % of plans were within 1.5 of the truth, with 25 82 %."""


@dataclass(frozen=True)
class Pairs:
    """What n pictures say of two classifiers beside each other.

    disagreement: share of pictures where one alone is right, one pseudo picture a side added. design: how many times
    fewer independent pictures groups make of them, at least 1. groups: how many there are, n where each stands alone.
    """

    n: int
    disagreement: float
    design: float
    groups: int

    @classmethod
    def of(cls, first: np.ndarray, second: np.ndarray, group: "np.ndarray | None" = None) -> "Pairs":
        """From who was right, (n,) bool each in the same order, and the groups, "" a group of one."""
        gap = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
        code = clusters(group, len(gap))
        return cls(
            len(gap), float(((gap**2).sum() + 1) / (len(gap) + 2)), together(gap, code) if len(gap) else 1.0,
            int(code.max(initial=-1)) + 1,
        )  # fmt: skip

    @property
    def rough(self) -> bool:
        """Whether so few pictures differ that a plan may be off by more than 1.5 (ROUGH, bench/compare.py)."""
        return self.disagreement * self.n / self.design < ROUGH

    def edge(self, n: float, level: float, power: float) -> float:
        """z of the level's two sides plus z of the power, on n such pictures: Student's with as many groups."""
        return quantile(level, self._freedom(n)) + quantile(2 * power - 1)

    def needed(self, effect: float, level: float = 0.95, power: float = POWER) -> int:
        """Pictures in all that show a difference of `effect` (a share) with this power: (z + z)^2 (d - e^2) / e^2 of
        the rate of disagreement d (Connor 1987), times the design effect. Raises OptionError unless 0 < effect <= 1.
        """
        if not 0 < effect <= 1:
            raise OptionError(f"a difference of {100 * effect:g} points is not possible: give one from 0 to 100.")
        d, n = max(self.disagreement, effect), float(self.n)
        for _ in range(20):  # Student's quantile asks for the number that it is used to find
            n = self.design * self.edge(n, level, power) ** 2 * (d - effect**2) / effect**2
        return int(np.ceil(n))

    def smallest(self, level: float = 0.95, power: float = POWER) -> float:
        """The least difference (a share) that these pictures show with this power: `needed` solved for the effect."""
        k = self.design * self.edge(self.n, level, power) ** 2
        effect = float(np.sqrt(k * self.disagreement / (self.n + k)))
        return effect if effect <= self.disagreement else k / (self.n + k)  # no difference without disagreeing

    def _freedom(self, n: float) -> "float | None":
        return None if self.groups >= self.n else max(n * self.groups / max(self.n, 1), 2) - 1
