"""What the next rung of the ladder should bring and cost, said before it is climbed. Imports no torch."""

from ..core.recipe import Recipe
from .climb import DECODED, trunk_seconds
from .data import Data
from .first import few

VIEWS, EPOCHS = 8, 8
STEP = 5.0
"""How much longer a picture's step of the tail takes than its whole pass through the runtime: 12 against 2.4 ms."""
START = 30.0
"""Seconds until the first step: imports, cuts, one timed step."""
ENOUGH = 300
"""Learning pictures from which the share of mistakes that a tail removes was measured."""
REMOVED = "a fifth to a half"
"""That share, on clothing at 300 to 3,068 learning pictures (bench/results/ladder.json)."""


def outlook(data: Data, recipe: Recipe, learn: int) -> str:
    """A line on the tail for so many learning pictures: its cost here, what it brought where it was measured.

    "" where none can follow: too few pictures for a test set, or random weights, of which no part is kept as it is.
    """
    if few(data, recipe) or data.network.seed >= 0:
        return ""
    side, runtime = data.geometry.size, recipe.runtime
    looked = trunk_seconds(data.network, side, runtime)
    passed = looked - DECODED
    minutes = max(1, round((START + learn * (VIEWS * looked + EPOCHS * STEP * passed)) / 60))
    first = f"next: --minutes {minutes} trains the network's last part as well"
    if learn < ENOUGH:
        return f"{first}; below {ENOUGH} pictures that rarely helps, and it is kept only where it does"
    return f"{first}; measured, that removed {REMOVED} of the mistakes, and it is kept only where it helps"
