"""stop: end the run when the validation figure has not risen for a while (Prechelt 1998)."""

import math
from typing import Any

from ...core.errors import OptionError
from ._patience import risen


class stop:
    """Ends the run after `patience` evaluations in a row none of which beat the best before by more than `least`.

    patience: 1, 2, ...; least: 0 or more, in the figure's own unit (0.001 is a tenth of a point of accuracy). A figure
    that is not a number beats nothing. A function of the figures alone, so there is nothing to save. Which weights are
    kept is the loop's own setting (`keep`). Raises OptionError for values outside, and where nothing is evaluated.
    """

    def __init__(self, *, patience: int = 5, least: float = 0.0) -> None:
        if patience < 1 or patience != int(patience) or not 0 <= least < math.inf:
            raise OptionError(f"stop takes patience = 1, 2, ... and least >= 0, got {patience} and {least}.")
        self.patience, self.least, self.stop = int(patience), least, ""

    def on_epoch(self, loop: Any, record: dict[str, Any]) -> None:
        """Look at the figures so far."""
        if not loop.history:
            raise OptionError("stop watches a validation figure, and this run evaluates none. Leave stop out.")
        best, since = risen(loop.history, self.least)
        if since >= self.patience:
            self.stop = f"the figure has not risen above {best:.4f} for {since} evaluations"
