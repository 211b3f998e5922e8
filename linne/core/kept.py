"""What was fitted as named arrays, so that a run keeps it without pickle and uses it by numpy alone."""

from typing import Any

import numpy as np


class Kept:
    """`arrays()` is all of it, `rebuilt(arrays)` is it again."""

    kept: dict[str, np.ndarray]

    @classmethod
    def rebuilt(cls, arrays: dict[str, np.ndarray]) -> Any:
        """That whose `arrays()` these are; nothing is fitted."""
        made = cls.__new__(cls)
        made.kept = dict(arrays)
        return made

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that was learned, as arrays of numbers by name."""
        return dict(self.kept)
