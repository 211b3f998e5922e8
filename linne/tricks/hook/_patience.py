"""What hooks that end a run share: how long ago its figure last rose."""

import math
from collections.abc import Sequence


def risen(figures: Sequence[float], least: float) -> tuple[float, int]:
    """(the best figure, how many came since without beating the best before by more than `least`).

    A figure that is not a number beats nothing.
    """
    best, since = -math.inf, 0
    for figure in figures:
        since = 0 if figure > best + least else since + 1
        best = figure if since == 0 else best
    return best, since
