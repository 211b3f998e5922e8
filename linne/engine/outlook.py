"""What the next rung of the ladder should bring and cost, said before it is climbed. Imports no torch."""

from ..core.recipe import FEW_LABELS, Recipe
from .climb import DECODED, trunk_seconds
from .data import Data
from .first import few

VIEWS, EPOCHS = 8, 8
STEP = 5.0
"""How much longer a picture's step of the tail takes than its whole pass through the runtime: 12 against 2.4 ms."""
START = 30.0
"""Seconds until the first step: imports, cuts, one timed step."""
MEASURED = "on clothing's 3,068 learning pictures that removed 44 to 51 % of the mistakes"
"""Three seeds, bench/results/minutes.json."""


def outlook(data: Data, recipe: Recipe, learn: int) -> str:
    """A line on the tail for so many learning pictures: its cost here, what it brought where it was measured.

    "" where none can follow: too few pictures for a test set, random weights, of which no part is kept as it is, a
    classical learner, or one of few labels.
    """
    if recipe.classic or recipe.method == FEW_LABELS or few(data, recipe) or data.network.seed >= 0:
        return ""
    side, runtime = data.geometry.size, recipe.runtime
    looked = trunk_seconds(data.network, side, runtime)
    passed = looked - DECODED
    minutes = max(1, round((START + learn * (VIEWS * looked + EPOCHS * STEP * passed)) / 60))
    first = f"next: --minutes {minutes} trains the network's last part as well"
    return f"{first}: {MEASURED}, fewer gain less, and it is kept only where it helps"
