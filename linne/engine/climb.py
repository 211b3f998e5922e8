"""What the rungs of the ladder share: the first classifier, the recipe, the clock, the plan, where steps are taken."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.recipe import Recipe
from .budget import Clock
from .choose import known
from .first import Stand
from .log import Log
from .network import Network
from .plan import Plan

GUESS = 250.0
"""Pictures a second through the network's runtime where nothing was measured yet."""
DECODED = 0.003
"""Seconds to decode, cut, resize and tint a picture beside a busy network, on two cores."""
FINISH = 20.0
"""Seconds for the winner's conversion, its checks and its report: measured at 10 to 15."""


@dataclass(eq=False)
class Climb:
    """place: the run's folder; what only training needs lies in its folder `ladder`. where: a Device."""

    stood: Stand
    recipe: Recipe
    place: Path
    log: Log
    clock: Clock
    plan: Plan
    where: Any

    @property
    def left(self) -> float:
        """Seconds for training, what finishing takes put aside; infinite without a budget."""
        return self.clock.left - self.finishing

    @property
    def finishing(self) -> float:
        """Seconds from the last step to the report."""
        data = self.stood.data
        rows = len(self.stood.judge) + len(self.stood.test)
        return FINISH + rows * trunk_seconds(data.network, data.geometry.size, self.recipe.runtime)


def trunk_seconds(network: Network, size: int, runtime: str = "auto") -> float:
    """A picture's seconds from its file through the network's runtime, as far as is known."""
    trial = known(network, size, runtime, 1000)
    return 1 / (trial.rate if trial else GUESS) + DECODED
